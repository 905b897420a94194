package proof

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// writer is a command that writes, and how little room makes it fail at what its name says.
type writer struct {
	name  string
	limit int // of a file's size, in blocks of 512 bytes
	room  int // on the disk, in KB
	args  []string
	out   string // must not be there afterwards
}

// writers are all of them, writing to dir; encoder is a run there.
func writers(t *testing.T, home, dir, encoder string) []writer {
	out := func(name string) string { return filepath.Join(dir, name) }
	run := func(name string, more ...string) []string {
		args := append(tiny(), "pretrain", "-q", "--resume=auto", "--out", out(name))
		return append(args, sets(more...)...)
	}
	return []writer{
		{"settings", 8, 4, run("p"), out("p/config.yaml")},
		{
			"metrics", 24, 28, run("m", "train.checkpoint_every=1000", "train.epochs=100"),
			out("m/last"),
		},
		{"checkpoint", 100, 60, run("c"), out("c/last")},
		{"embed", 8, 8, []string{"embed", encoder, "-q", "--out", out("e.npy")}, out("e.npy")},
		{
			"export", 8, 8, []string{"export", encoder, "-q", "--out", out("x.safetensors")},
			out("x.safetensors"),
		},
		{"onnx", 8, 8, []string{"export", encoder, "-q", "--out", out("x.onnx")}, out("x.onnx")},
		{
			"probe", 1, 0, []string{"linprobe", encoder, "-q", "--save", out("l.safetensors")},
			out("l.safetensors"),
		},
		{"curves", 1, 0, []string{"plot", encoder, "-q", "--out", out("p.png")}, out("p.png")},
		{
			"picture", 1, 0, []string{"attention", encoder, "-q", "--out", out("a.png")},
			out("a.png"),
		},
		{
			"map", 8, 0, []string{
				"map", encoder, "-q", "--most", "100", "--clusters", "2", "--out", out("m.html"),
			}, out("m.html"),
		},
		{
			"page", 8, 0,
			[]string{"report", encoder, "-q", "--evaluate=false", "--pictures=false"},
			filepath.Join(encoder, "report.html"),
		},
		{
			"cell", 24, 28, append(
				tiny(), "ablate", "grid", "-q", "--evaluate", "knn", "--config", grid(t, home),
				"--out", out("s"),
			), out("s/cells/a/seed-1/last"),
		},
	}
}

// wantFull checks how a command without room ended.
func wantFull(t *testing.T, o outcome, why, out string) {
	t.Helper()
	if o.code != 1 || !strings.Contains(o.stderr, why) ||
		strings.Count(o.stderr, "\n") != 1+strings.Count(o.stderr, "warning: ") {
		t.Errorf("exit %d: %s", o.code, o.stderr)
	}
	if _, err := os.Lstat(out); err == nil {
		t.Errorf("%s is there", out)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(out), ".*[0-9]")); len(left) > 0 {
		t.Errorf("left %q", left)
	}
}

// TestTooLarge: a limit on the size of files is an error of one line of whatever writes, the exit
// code is 1, and nothing half written has a final name.
func TestTooLarge(t *testing.T) {
	home := t.TempDir()
	encoder, _ := pretrained(t, home)
	for _, c := range writers(t, home, home, encoder) {
		t.Run(c.name, func(t *testing.T) {
			_ = os.Remove(c.out) // of the encoder's own run
			limited := fmt.Sprintf(`ulimit -f %d && exec "$@"`, c.limit)
			end, _ := startCommand(t, home, exec.Command(
				"sh", append([]string{"-c", limited, "sh", binary}, c.args...)...,
			))
			wantFull(t, end(), "file too large", c.out)
		})
	}
}

// TestFull: a disk without room is the same, and where room was made the same command comes to its
// end.
func TestFull(t *testing.T) {
	home := t.TempDir()
	disk := small(t, home)
	encoder := filepath.Join(disk, "encoder")
	must(t, home, append(tiny(), "pretrain", "-q", "--out", encoder)...)
	all := writers(t, home, disk, encoder)
	sweep := all[len(all)-1]
	all = append(all, writer{
		"table", 0, 0, sweep.args, filepath.Join(disk, "s", "table.md"),
	})
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			_ = os.Remove(c.out) // of the encoder's own run, or of the sweep before
			filler := fill(t, disk, c.room)
			end, _ := start(t, home, c.args...)
			wantFull(t, end(), "no space left on device", c.out)
			if err := os.Remove(filler); err != nil {
				t.Fatal(err)
			}
			must(t, home, c.args...)
			if _, err := os.Stat(c.out); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("predictions", func(t *testing.T) {
		must(t, home, "linprobe", encoder, "-q", "--save", disk+"/probe.safetensors")
		fill(t, disk, 0)
		c := exec.Command(
			binary, "predict", encoder, "-q", "--probe", disk+"/probe.safetensors",
			folder(t, home, 20),
		)
		var err error
		if c.Stdout, err = os.Create(disk + "/predictions.csv"); err != nil {
			t.Fatal(err)
		}
		end, _ := startCommand(t, home, c)
		wantFull(t, end(), "no space left on device", "none")
	})
}

// small is a disk of 32 MB. Where mounting one is not allowed the test is skipped.
func small(t *testing.T, home string) string {
	t.Helper()
	dir := filepath.Join(home, "disk")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=32m"); err != nil {
		t.Skipf("no rights to mount a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill leaves so many KB of a disk, and returns the file that takes the others.
func fill(t *testing.T, disk string, room int) string {
	t.Helper()
	var stat unix.Statfs_t
	err := unix.Statfs(disk, &stat)
	path := filepath.Join(disk, "filler")
	if err == nil {
		size := int64(stat.Bavail)*stat.Bsize - int64(room)<<10
		err = os.WriteFile(path, make([]byte, max(size, 0)), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}
