package proof

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestFull: a disk without room, for which a limit on the size of files stands, is an error of one
// line of whatever writes, the exit code is 1, and nothing half written has a final name.
func TestFull(t *testing.T) {
	home := t.TempDir()
	encoder, _ := pretrained(t, home)
	for _, c := range []struct {
		name  string
		limit int // in blocks of 512 bytes
		args  []string
		out   string // must not be there, where it is named
	}{
		{"settings", 8, append(tiny(), "pretrain", "-q", "--out", home+"/p"), "p/config.yaml"},
		{"metrics", 24, append(
			tiny(), "pretrain", "-q", "--out", home+"/m", "--set", "train.checkpoint_every=1000",
			"--set", "train.epochs=100",
		), "m/last"},
		{"checkpoint", 100, append(tiny(), "pretrain", "-q", "--out", home+"/c"), "c/last"},
		{"embed", 8, []string{"embed", encoder, "-q", "--out", home + "/e.npy"}, "e.npy"},
		{"export", 8, []string{"export", encoder, "-q", "--out", home + "/x.safetensors"},
			"x.safetensors"},
		{"picture", 1, []string{"plot", encoder, "-q", "--out", home + "/p.png"}, "p.png"},
		{"table", 24, append(
			tiny(), "ablate", "grid", "-q", "--evaluate", "knn", "--config", grid(t, home), "--out",
			home+"/s",
		), "s/cells/a/seed-0/last"},
	} {
		t.Run(c.name, func(t *testing.T) {
			limited := fmt.Sprintf(`ulimit -f %d && exec "$@"`, c.limit)
			end, _ := startCommand(t, home, exec.Command(
				"sh", append([]string{"-c", limited, "sh", binary}, c.args...)...,
			))
			o := end()
			if o.code != 1 || strings.Contains(o.stderr, "goroutine") ||
				!strings.Contains(o.stderr, "file too large") {
				t.Errorf("exit %d: %s", o.code, o.stderr)
			}
			if _, err := os.Lstat(filepath.Join(home, c.out)); err == nil {
				t.Errorf("%s is there", c.out)
			}
		})
	}
}
