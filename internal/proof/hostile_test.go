package proof

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"cmae/internal/rundir/checkpoint"
)

// TestHostileFolder: a resume of a run folder in which anything is damaged goes on to the bits of a
// run that was never stopped, or one line says what is wrong; it neither crashes nor waits. Half as
// many damages are drawn as there are kills: the same ones every time, unless CMAE_TEST_KILLS is
// set.
func TestHostileFolder(t *testing.T) {
	home := t.TempDir()
	whole, half := filepath.Join(home, "whole"), filepath.Join(home, "half")
	must(t, home, append(resumed("auto", whole), tiny()...)...)
	interrupted(t, whole, half)
	type hostile struct {
		name, how string
		damage
	}
	user, able := reader(t)
	var all []hostile
	for _, name := range within(t, half) {
		for _, d := range damages {
			if d.name == "unreadable" && !able {
				continue
			}
			all = append(all, hostile{name, "last", d}, hostile{name, "auto", d})
		}
	}
	seed := uint64(1)
	if os.Getenv("CMAE_TEST_KILLS") != "" {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, h := range all[:min(len(all), kills(t)/2)] {
		t.Run(strings.Join([]string{h.name, h.damage.name, h.how}, "/"), func(t *testing.T) {
			run := filepath.Join(t.TempDir(), "run")
			copied(t, half, run)
			if err := h.do(filepath.Join(run, h.name)); err != nil {
				t.Fatal(err)
			}
			args := resumed(h.how, run)
			if h.name == checkpoint.Folder { // the new run that it may be has defaults otherwise
				args = append(args, tiny()...)
			}
			o := unprivileged(t, home, run, user, args)
			wantOneLine(t, o, wantCodes(h.name, h.damage.name, h.how))
			if o.code == 0 {
				wantSame(t, whole, run, h.name != "metrics.jsonl")
			}
		})
	}
}

// wantCodes are the exit codes that a damage may lead to.
func wantCodes(name, damage, how string) []int {
	checkpoint, own := strings.CutPrefix(name, "checkpoints/step-")
	switch newest := strings.HasPrefix(checkpoint, "12"); {
	case own && !newest:
		return []int{0}
	case own && damage == "unreadable":
		return []int{1}
	case own && how == "auto":
		return []int{0}
	case own:
		return []int{2, 4}
	case name == "last" && how == "auto" && damage != "unreadable", name == "report.html":
		return []int{0}
	case strings.Contains(name, ".json") && (damage == "a FIFO" || damage == "a folder"):
		return []int{2}
	}
	return []int{0, 1, 2, 4}
}

// wantOneLine checks that a command ended with a code of those, and at most one line besides
// warnings.
func wantOneLine(t *testing.T, o outcome, codes []int) {
	t.Helper()
	lines := 0
	for line := range strings.Lines(o.stderr) {
		if !strings.HasPrefix(line, "warning: ") {
			lines++
		}
	}
	if want := min(1, max(o.code, 0)); !slices.Contains(codes, o.code) || lines != want {
		t.Errorf("exit %d, want one of %d: %s", o.code, codes, o.stderr)
	}
}

// wantSame checks that a run has come to its end as the whole one did, rows of metrics included
// where they were not what was damaged.
func wantSame(t *testing.T, whole, run string, withRows bool) {
	t.Helper()
	if withRows {
		sameRun(t, whole, run)
	} else {
		sameTensors(t, whole, run)
	}
	if _, err := os.Stat(filepath.Join(run, "diverged.json")); err == nil {
		t.Error("the run still counts as diverged")
	}
}

// TestForeignCheckpoints: files that are whole, but not this run's or not in their place.
func TestForeignCheckpoints(t *testing.T) {
	home := t.TempDir()
	whole, half, other := home+"/whole", home+"/half", home+"/other"
	must(t, home, append(resumed("auto", whole), tiny()...)...)
	must(t, home, append(resumed("auto", other), append(tiny(), "--set", "seed=7")...)...)
	interrupted(t, whole, half)
	step := func(run string, n int) string { return fmt.Sprintf("%s/checkpoints/step-%d", run, n) }
	appended := func(path, text string) error {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err == nil {
			_, err = f.WriteString(text)
		}
		return errors.Join(err, f.Close())
	}
	for _, c := range []struct {
		name       string
		do         func(run string) error
		last, auto int
	}{
		{"another run's", func(run string) error {
			return errors.Join(
				os.RemoveAll(step(run, 12)), os.CopyFS(step(run, 12), os.DirFS(step(other, 12))),
			)
		}, 2, 2},
		{"two swapped", func(run string) error {
			aside := filepath.Join(run, "aside")
			return errors.Join(
				os.Rename(step(run, 8), aside), os.Rename(step(run, 12), step(run, 8)),
				os.Rename(aside, step(run, 12)),
			)
		}, 0, 0},
		{"a file of another step", func(run string) error {
			return os.Rename(step(run, 8)+"/model.safetensors", step(run, 12)+"/model.safetensors")
		}, 4, 0},
		{"half written", func(run string) error {
			return os.Rename(step(run, 12), filepath.Join(run, "checkpoints/.tmp-step-12-1"))
		}, 2, 0},
		{"all corrupt", func(run string) error {
			return errors.Join(
				os.Truncate(step(run, 4)+"/manifest.json", 9),
				os.Truncate(step(run, 8)+"/config.yaml", 9),
				os.Truncate(step(run, 12)+"/optimizer.safetensors", 9),
			)
		}, 4, 4},
		{"a torn row", func(run string) error {
			return appended(run+"/metrics.jsonl", `{"event":"st`)
		}, 0, 0},
		{"a torn session", func(run string) error {
			return os.Truncate(run+"/sessions.jsonl", 40)
		}, 0, 0},
		{"a torn log", func(run string) error { return appended(run+"/train.log", "2026-") }, 0, 0},
	} {
		for how, want := range map[string]int{"last": c.last, "auto": c.auto} {
			t.Run(c.name+"/"+how, func(t *testing.T) {
				run := filepath.Join(t.TempDir(), "run")
				copied(t, half, run)
				if err := c.do(run); err != nil {
					t.Fatal(err)
				}
				end, _ := start(t, home, resumed(how, run)...)
				o := end()
				wantOneLine(t, o, []int{want})
				if o.code == 0 {
					wantSame(t, whole, run, true)
					if o := must(t, home, "watch", run, "--once"); o.stderr != "" {
						t.Errorf("watch: %s", o.stderr)
					}
				}
			})
		}
	}
}

// resumed is a pretraining in a folder that keeps all checkpoints, by the settings that are there.
func resumed(how, run string) []string {
	return []string{
		"pretrain", "-q", "--set", "train.keep_last=100", "--resume=" + how, "--out", run,
	}
}

// interrupted makes a run that was killed in its fourth epoch, and once diverged later, of a whole
// one.
func interrupted(t *testing.T, whole, half string) {
	t.Helper()
	copied(t, whole, half)
	for _, name := range []string{"step-16", "step-20", "step-24"} {
		if err := os.RemoveAll(filepath.Join(half, checkpoint.Folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, link := range []string{checkpoint.Last, checkpoint.Best} {
		path := filepath.Join(half, link)
		_ = os.Remove(path)
		if err := os.Symlink(filepath.Join(checkpoint.Folder, "step-12"), path); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"diverged.json": `{"step":17}`, "bad_files.jsonl": "{}\n", "lock": "process 1\n",
	} {
		if err := os.WriteFile(filepath.Join(half, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// within are the files and links of a folder, and the folders in it.
func within(t *testing.T, folder string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if path != folder {
			names = append(names, strings.TrimPrefix(path, folder+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func copied(t *testing.T, from, to string) {
	t.Helper()
	if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// damage is what may have happened to a file.
type damage struct {
	name string
	do   func(path string) error
}

var damages = []damage{
	{"missing", os.RemoveAll},
	{"empty", func(path string) error { return replaced(path, nil) }},
	{"truncated", func(path string) error {
		text, err := os.ReadFile(path)
		if err != nil { // a folder, or a link to one
			return replaced(path, []byte("checkpoints/st"))
		}
		return replaced(path, text[:len(text)/2])
	}},
	{"garbage", func(path string) error {
		return replaced(path, bytes.Repeat([]byte{0xff, '{', 0}, 5000))
	}},
	{"a folder", func(path string) error {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
		return os.Mkdir(path, 0o755)
	}},
	{"a FIFO", func(path string) error {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
		return unix.Mkfifo(path, 0o644)
	}},
	{"a link to nothing", func(path string) error {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
		return os.Symlink("nothing", path)
	}},
	{"a link to itself", func(path string) error {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
		return os.Symlink(filepath.Base(path), path)
	}},
	{"unreadable", func(path string) error { return os.Chmod(path, 0) }},
}

func replaced(path string, text []byte) error {
	if err := os.RemoveAll(path); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

// patience is how long a resume may take before it counts as waiting.
const patience = 30 * time.Second

// nobody is whom the files of a run belong to, as root reads what nobody may.
const nobody = 65534

// reader is who may not read everything, nil where that is who runs the test; able is false where
// root has nobody to run the binary as: a container may have but one user, or a folder above the
// binary may be closed to others.
func reader(t *testing.T) (user *syscall.Credential, able bool) {
	t.Helper()
	if os.Getuid() != 0 {
		return nil, true
	}
	dir := t.TempDir()
	err := errors.Join(os.Chmod(filepath.Dir(dir), 0o755), os.Lchown(dir, nobody, nobody))
	if err == nil {
		user = &syscall.Credential{Uid: nobody, Gid: nobody}
		c := exec.Command(binary, "version")
		c.Dir, c.SysProcAttr = dir, &syscall.SysProcAttr{Credential: user}
		err = c.Run()
	}
	if err != nil {
		t.Logf("left out: unreadable files, as root cannot run the binary as somebody else: %v", err)
		return nil, false
	}
	return user, true
}

// unprivileged runs the binary on a folder as somebody who may not read everything, if there is
// one.
func unprivileged(
	t *testing.T, home, run string, user *syscall.Credential, args []string,
) outcome {
	t.Helper()
	c := exec.Command(binary, args...)
	if user != nil {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: user}
		if err := os.Chmod(filepath.Join(run, "../.."), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range slices.Concat(within(t, run), []string{"", ".."}) {
			if err := os.Lchown(filepath.Join(run, name), nobody, nobody); err != nil {
				t.Fatal(err)
			}
		}
	}
	end, p := startCommand(t, home, c)
	late := time.AfterFunc(patience, func() { _ = p.Kill() })
	defer late.Stop()
	return end()
}
