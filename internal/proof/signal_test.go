package proof

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSignals: each signal, at a random moment of each command, ends it soon, with its own code and
// one line, and the same command then comes to its end.
func TestSignals(t *testing.T) {
	home := t.TempDir()
	encoder, took := pretrained(t, home)
	images := folder(t, home, 200)
	cold := filepath.Join(home, "cold")
	phases := []struct {
		name string
		args []string
	}{
		{"decode and cache", append(sets(
			"data.path="+images, "data.cache_dir="+cold, "data.image_size=28", "threads=1",
		), "pretrain", "-q", "--dry-run")},
		{"pretrain", append(tiny(), "pretrain", "-q", "--resume=auto", "--out", home+"/p")},
		{"finetune", append(
			tuned(), "finetune", encoder, "-q", "--resume=auto", "--out", home+"/f",
		)},
		{"evaluate", []string{"linprobe", encoder, "-q"}},
		{"embed", []string{"embed", encoder, "-q", "--out", home + "/e.npy"}},
		{"export", []string{"export", encoder, "-q", "--out", home + "/x.safetensors"}},
		{"sweep", append(
			tiny(), "ablate", "grid", "-q", "--evaluate", "knn", "--config", grid(t, home), "--out",
			home+"/s",
		)},
		{"bench", append(tiny(), "bench", "-q", "--steps", "100000")},
		{"doctor", []string{"doctor", "-q"}},
	}
	listen(t)
	for _, phase := range phases {
		for _, s := range signals {
			t.Run(fmt.Sprintf("%s/%v", phase.name, s), func(t *testing.T) {
				end, p := start(t, home, phase.args...)
				// not before it listens
				time.Sleep(50*time.Millisecond + time.Duration(rand.Int64N(int64(took))))
				sent := time.Now()
				if err := p.Signal(s); err != nil { // it was quick
					end()
					return
				}
				o := end()
				waited := time.Since(sent)
				if o.code != 0 && o.code != 128+int(s) && !beforeMain(o) {
					t.Errorf("exit %d: %s", o.code, o.stderr)
				}
				if waited > 10*time.Second { // 2 s on a quiet machine
					t.Errorf("it took %v", waited)
				}
				if n := strings.Count(o.stderr, "cmae: "); n > 1 {
					t.Errorf("%q", o.stderr)
				}
			})
		}
		if phase.name != "bench" {
			must(t, home, phase.args...)
		}
	}
}

// signals are those that ask a run to end.
var signals = []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1}

// listen keeps SIGHUP from being ignored by the processes of a test that runs under nohup.
func listen(t *testing.T) {
	t.Helper()
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(c) })
}

// TestSignalsAmidTheCache: each signal while decoded images are being written ends the process with
// its code, leaves only what the next one goes on from, and that one comes to its end.
func TestSignalsAmidTheCache(t *testing.T) {
	home := t.TempDir()
	cold := filepath.Join(home, "cold")
	args := append(sets(
		"data.path="+folder(t, home, 800), "data.cache_dir="+cold, "data.image_size=28",
		"threads=1",
	), "pretrain", "-q", "--dry-run")
	listen(t)
	for _, s := range signals {
		if err := os.RemoveAll(cold); err != nil {
			t.Fatal(err)
		}
		end, p := start(t, home, args...)
		written := func() bool {
			names, _ := filepath.Glob(filepath.Join(cold, "*.pack.part"))
			if len(names) == 0 {
				return false
			}
			info, err := os.Stat(names[0])
			return err == nil && info.Size() > 1<<20
		}
		for deadline := time.Now().Add(time.Minute); !written() && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
		if err := p.Signal(s); err != nil {
			t.Fatalf("%v: it ended before: %v", s, err)
		}
		if o := end(); o.code != 128+int(s) {
			t.Errorf("%v: exit %d: %s", s, o.code, o.stderr)
		}
		if left, _ := os.ReadDir(cold); len(left) != 2 {
			t.Errorf("%v: left %v", s, left)
		}
	}
	must(t, home, args...)
	if left, _ := filepath.Glob(cold + "/*.pack"); len(left) != 1 {
		t.Errorf("packs %q", left)
	}
	if left, _ := os.ReadDir(cold); len(left) != 1 {
		t.Errorf("at the end %v", left)
	}
}

// beforeMain says that the signal came before the process listened, as on a busy machine.
func beforeMain(o outcome) bool { return o.code == -1 && o.stderr == "" }

// folder is one of images.
func folder(t *testing.T, home string, count int) string {
	t.Helper()
	dir := filepath.Join(home, "images")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range count {
		img := image.NewGray(image.Rect(0, 0, 64, 64))
		img.SetGray(i%64, i/64%64, color.Gray{255})
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("%d.png", i)))
		if err == nil {
			err = png.Encode(f, img)
		}
		if err == nil {
			err = f.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestColdCache: two processes that decode the same images at a time both come to their end.
func TestColdCache(t *testing.T) {
	home := t.TempDir()
	args := append(sets(
		"data.path="+folder(t, home, 200), "data.cache_dir="+home+"/cache", "data.image_size=28",
		"threads=1",
	), "pretrain", "-q", "--dry-run")
	first, _ := start(t, home, args...)
	second, _ := start(t, home, args...)
	for _, o := range []outcome{first(), second()} {
		if o.code != 0 || o.stderr != "" {
			t.Errorf("exit %d: %s", o.code, o.stderr)
		}
	}
	if left, _ := os.ReadDir(home + "/cache"); len(left) != 1 {
		t.Errorf("left %v, want the pack alone", left)
	}
}
