package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cmae/internal/fault"
	"cmae/internal/weights/safetensors"
)

// sample is a small checkpoint whose contents depend on step and salt.
func sample(step int, salt float32) *Checkpoint {
	return &Checkpoint{
		Manifest: Manifest{
			Step: step, Epoch: step / 10, Position: step % 10,
			Metrics: map[string]float64{"loss": 0.1 * float64(step)}, Tool: "cmae test",
		},
		Config: []byte("seed: 7\n"),
		Tensors: map[string][]Tensor{
			"model": {
				safetensors.FromFloat32s(
					"cls_token", []int{1, 1, 2}, []float32{salt, float32(step)},
				),
				safetensors.FromFloat32s(
					"momentum.cls_token", []int{1, 1, 2}, []float32{-salt, 0.5},
				),
			},
			"optimizer": {
				safetensors.FromFloat32s("exp_avg.cls_token", []int{2}, []float32{salt, 2}),
			},
			"state": {safetensors.FromFloat32s("queue", []int{0, 4}, nil)},
		},
	}
}

// same says whether a loaded checkpoint is the one that was saved.
func same(got, want *Checkpoint) string {
	return cmp.Diff(
		want, got, cmpopts.IgnoreFields(Manifest{}, "Schema", "Go", "Files"),
		cmpopts.IgnoreFields(Checkpoint{}, "Path"), cmpopts.EquateEmpty(),
	)
}

func save(t *testing.T, s *Store, c *Checkpoint) string {
	t.Helper()
	path, err := s.Save(c)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, dir string, groups ...string) *Checkpoint {
	t.Helper()
	c, err := Load(dir, groups...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSaveLoad(t *testing.T) {
	run := filepath.Join(t.TempDir(), "run")
	s := NewStore(run)
	first, second := save(t, s, sample(9, 1)), save(t, s, sample(10, 2))
	if err := s.SetBest(9); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]*Checkpoint{
		first: sample(9, 1), second: sample(10, 2),
		filepath.Join(run, "last"): sample(10, 2), filepath.Join(run, "best"): sample(9, 1),
	} {
		if diff := same(load(t, path), want); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
	if got := load(t, first, "model").Tensors; len(got) != 1 || len(got["model"]) != 2 {
		t.Errorf("one group gave %v", got)
	}
	if _, err := Load(first, "queue"); !errors.Is(err, fault.Mismatch) ||
		!strings.Contains(err.Error(), "queue.safetensors") {
		t.Errorf("missing group: %v", err)
	}
	save(t, s, sample(10, 3))
	if diff := same(load(t, second), sample(10, 3)); diff != "" {
		t.Errorf("not replaced: %s", diff)
	}
	path, skipped, err := Latest(run)
	if path != second || len(skipped) != 0 || err != nil {
		t.Errorf("latest is %q, %v, %v", path, skipped, err)
	}
	if left, _ := filepath.Glob(filepath.Join(run, "checkpoints", "*")); len(left) != 2 {
		t.Errorf("folder holds %v", left)
	}
}

// TestSchema1 keeps old checkpoints loadable: the fixture is never written again.
func TestSchema1(t *testing.T) {
	c := load(t, "testdata/schema-1")
	if diff := same(c, sample(3, 1)); diff != "" || c.Schema != 1 || c.Go == "" {
		t.Error(diff, c.Schema, c.Go)
	}
}

func TestSaveRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*Checkpoint){
		"metric":  func(c *Checkpoint) { c.Metrics["loss"] = math.NaN() },
		"group":   func(c *Checkpoint) { c.Tensors["../x"] = nil },
		"tensor":  func(c *Checkpoint) { c.Tensors["model"][0].Data = nil },
		"doubled": func(c *Checkpoint) { c.Tensors["model"][1].Name = "cls_token" },
	} {
		run := t.TempDir()
		c := sample(1, 1)
		spoil(c)
		if _, err := NewStore(run).Save(c); err == nil {
			t.Errorf("%s: saved", name)
		}
		if left, _ := filepath.Glob(filepath.Join(run, "checkpoints", "*")); len(left) != 0 {
			t.Errorf("%s: left %v", name, left)
		}
	}
	run := t.TempDir()
	if err := os.WriteFile(filepath.Join(run, "checkpoints"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := NewStore(run).Save(sample(1, 1)); err == nil {
		t.Error("saved into a file")
	}
}

// TestEveryBit flips one bit of every byte of every file: each must be found, and tensor data
// blamed by name.
func TestEveryBit(t *testing.T) {
	s := NewStore(t.TempDir())
	dir := save(t, s, sample(1, 1))
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(files) != 5 {
		t.Fatal(files)
	}
	for _, path := range files {
		sound, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range sound {
			broken := bytes.Clone(sound)
			broken[i] ^= 1 << (i % 8)
			write(t, path, broken)
			_, err := Load(dir)
			if !errors.Is(err, fault.Corrupt) ||
				!strings.Contains(err.Error(), filepath.Base(path)) {
				t.Fatalf("%s, byte %d: %v", path, i, err)
			}
			if inData := len(sound) - i; strings.HasSuffix(path, "model.safetensors") &&
				inData <= 8 && !strings.Contains(err.Error(), `tensor "momentum.cls_token"`) {
				t.Fatalf("byte %d: %v does not name the tensor", i, err)
			}
		}
		write(t, path, sound[:len(sound)-1])
		if _, err := Load(dir); !errors.Is(err, fault.Corrupt) {
			t.Errorf("%s cut: %v", path, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(dir); !errors.Is(err, fault.Corrupt) ||
			!strings.Contains(err.Error(), filepath.Base(path)) {
			t.Errorf("%s removed: %v", path, err)
		}
		if err := exec.Command("mkfifo", path).Run(); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(dir); !errors.Is(err, fault.Corrupt) ||
			!strings.Contains(err.Error(), "regular file") {
			t.Errorf("%s as a FIFO: %v", path, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		write(t, path, sound)
	}
	load(t, dir)
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLatestFallsBack(t *testing.T) {
	run := t.TempDir()
	if _, _, err := Latest(run); !errors.Is(err, fault.Missing) {
		t.Errorf("empty run: %v", err)
	}
	s := NewStore(run)
	var paths []string
	for step := range 3 {
		paths = append(paths, save(t, s, sample(step, 1)))
	}
	write(t, filepath.Join(paths[2], "optimizer.safetensors"), []byte("x"))
	write(t, filepath.Join(paths[1], "manifest.json"), nil)
	path, skipped, err := Latest(run)
	if path != paths[0] || len(skipped) != 2 || err != nil {
		t.Errorf("got %q, %v, %v", path, skipped, err)
	}
	write(t, filepath.Join(paths[0], "config.yaml"), nil)
	if _, skipped, err := Latest(run); !errors.Is(err, fault.Corrupt) || len(skipped) != 3 {
		t.Errorf("all broken: %v, %v", skipped, err)
	}
	save(t, s, sample(1, 5)) // in the place of a broken one
	if path, skipped, err := Latest(run); path != paths[1] || len(skipped) != 1 || err != nil {
		t.Errorf("got %q, %v, %v", path, skipped, err)
	}
	body := bytes.Replace([]byte("{\n  \"schema\": 1"), []byte("1"), []byte("99"), 1)
	write(t, filepath.Join(paths[2], "manifest.json"), sealed(body))
	if _, _, err := Latest(run); !errors.Is(err, fault.Mismatch) ||
		!strings.Contains(err.Error(), "schema 99") {
		t.Errorf("newer schema: %v", err)
	}
	write(
		t, filepath.Join(paths[2], "manifest.json"),
		sealed([]byte(`{"schema": 1, "files": [{"name": "../x"}]`)),
	)
	if _, err := Load(paths[2]); !errors.Is(err, fault.Corrupt) ||
		!strings.Contains(err.Error(), "not a file name") {
		t.Errorf("path in manifest: %v", err)
	}
}

func TestPurge(t *testing.T) {
	for _, c := range []struct{ keep, best, want int }{
		{0, 1, 5}, {1, 4, 1}, {1, 0, 2}, {2, 0, 3}, {9, 0, 5}, {-1, 0, 5},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			run := t.TempDir()
			s := NewStore(run)
			for step := range 5 {
				save(t, s, sample(step, 1))
			}
			if err := errors.Join(
				s.SetBest(c.best),
				os.Mkdir(filepath.Join(run, "checkpoints", ".tmp-step-2"), 0o755), s.Purge(c.keep),
			); err != nil {
				t.Fatal(err)
			}
			left, _ := os.ReadDir(filepath.Join(run, "checkpoints"))
			if len(left) != c.want {
				t.Errorf("left %v", left)
			}
			load(t, filepath.Join(run, "best"))
			load(t, filepath.Join(run, "last"))
		})
	}
}

// TestPurgeKeepsSound: broken checkpoints do not count, and one that cannot be deleted does not
// stop the rest.
func TestPurgeKeepsSound(t *testing.T) {
	run := t.TempDir()
	s := NewStore(run)
	for step := range 4 {
		save(t, s, sample(step, 1))
	}
	write(t, filepath.Join(s.Path(3), "manifest.json"), nil)
	stuck := &Store{run, &faulty{fileSystem: disk{}, refuse: s.Path(0)}}
	err := stuck.Purge(1)
	if err == nil || !strings.Contains(err.Error(), "step-0") {
		t.Errorf("failed delete: %v", err)
	}
	for step, want := range []bool{true, false, true, true} {
		if _, err := os.Stat(s.Path(step)); (err == nil) != want {
			t.Errorf("step %d: %v", step, err)
		}
	}
}

// BenchmarkSaveLoad moves 64 MB.
func BenchmarkSaveLoad(b *testing.B) {
	values := make([]float32, 1<<20)
	c := sample(1, 1)
	for i := range 16 {
		c.Tensors["model"] = append(
			c.Tensors["model"], safetensors.FromFloat32s(fmt.Sprint(i), []int{len(values)}, values),
		)
	}
	s := NewStore(b.TempDir())
	b.Run("save", func(b *testing.B) {
		b.SetBytes(16 * 4 << 20)
		for b.Loop() {
			if _, err := s.Save(c); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("load", func(b *testing.B) {
		b.SetBytes(16 * 4 << 20)
		for b.Loop() {
			if _, err := Load(s.Path(1)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
