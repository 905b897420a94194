package checkpoint

import (
	"os"
	"path/filepath"
	"testing"

	"cmae/internal/fault"
)

// FuzzManifest: a manifest that isn't what was written is refused. With its digest made right, what
// lies behind it is reached: no file outside the checkpoint is named.
func FuzzManifest(f *testing.F) {
	whole, err := sample(9, 1).encode()
	if err != nil {
		f.Fatal(err)
	}
	body := whole[:len(whole)-digestSize]
	f.Add(whole, false)
	f.Add(body, true)
	f.Add([]byte(`{"schema":1,"files":[{"name":"../../etc/passwd","size":1}]`), true)
	f.Add([]byte(`{"schema":1,"step":-1,"epoch":-5,"files":[{"name":"a","size":-1}]`), true)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte, seal bool) {
		if seal {
			text = sealed(text)
		}
		if err := os.WriteFile(filepath.Join(dir, ManifestFile), text, 0o644); err != nil {
			t.Fatal(err)
		}
		m, err := ReadManifest(dir)
		if err != nil {
			if code := fault.ExitCode(err); code != 4 {
				t.Errorf("exit code %d: %v", code, err)
			}
			return
		}
		for _, file := range m.Files {
			if filepath.Dir(filepath.Join(dir, file.Name)) != dir {
				t.Errorf("it names %q", file.Name)
			}
		}
		_ = verify(dir) // soon, and without a crash
	})
}

// FuzzRun: whatever one file of a run folder holds, or the link or text in the place of `last`, the
// run is recovered and gives a sound checkpoint, or one line says why not.
func FuzzRun(f *testing.F) {
	const files = 7
	f.Add(uint8(0), []byte("{}"))
	f.Add(uint8(4), []byte("checkpoints/step-10"))
	f.Add(uint8(5), []byte("checkpoints/step-9"))
	f.Add(uint8(5), []byte("../../../etc/passwd"))
	f.Add(uint8(6), []byte("step-99999999999999999999"))
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		run := t.TempDir()
		s := NewStore(run)
		first, second := save(t, s, sample(9, 1)), save(t, s, sample(10, 2))
		var err error
		switch which % files {
		case 4, 5: // the text of a link, or the link
			link := filepath.Join(run, Last)
			if err = os.Remove(link); err == nil && which%files == 4 {
				err = os.WriteFile(link, data, 0o644)
			} else if err == nil && os.Symlink(string(data), link) != nil {
				return // no name of a file
			}
		case 6: // a checkpoint's name
			name := filepath.Join(run, Folder, filepath.Base(string(data)))
			if os.Rename(first, name) != nil {
				return
			}
		default:
			name := []string{
				ManifestFile, "model.safetensors", "optimizer.safetensors", SettingsFile,
			}[which%files]
			err = os.WriteFile(filepath.Join(second, name), data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Recover(); err != nil {
			t.Fatal(err)
		}
		path, _, err := Latest(run)
		if err != nil {
			t.Fatal(err) // one of two is always sound
		}
		c := load(t, path)
		want := sample(c.Step, float32(c.Step-8))
		if d := same(c, want); d != "" {
			t.Error(d)
		}
		_, _ = Load(filepath.Join(run, Last))
		_, _ = Within(run)
	})
}
