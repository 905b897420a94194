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
// one line, and the same command then comes to its end. An export has written its file before a
// signal would cut it off: it may end well.
func TestSignals(t *testing.T) {
	home := t.TempDir()
	encoder, took := pretrained(t, home)
	images := filepath.Join(home, "slow") // to decode for most of the time
	slow(t, images)
	more(t, images, 150)
	out := filepath.Join(home, "out")
	phases := []struct {
		name string
		args []string
	}{
		{"decode and cache", append(sets(
			"data.path="+images, "data.cache_dir="+out, "data.image_size=28", "threads=1",
		), "pretrain", "-q", "--dry-run")},
		{"pretrain", append(tiny(), "pretrain", "-q", "--resume=auto", "--out", out)},
		{"finetune", append(tuned(), "finetune", encoder, "-q", "--resume=auto", "--out", out)},
		{"evaluate", []string{"linprobe", encoder, "-q"}},
		{"embed", []string{"embed", encoder, "-q", "--out", out + "/e.npy"}},
		{"export", []string{"export", encoder, "-q", "--out", out + "/x.safetensors"}},
		{"sweep", append(
			tiny(), "ablate", "grid", "-q", "--evaluate", "knn", "--config", grid(t, home), "--out",
			out,
		)},
		{"bench", append(tiny(), "bench", "-q", "--steps", "100000")},
		{"doctor", []string{"doctor", "-q"}},
	}
	listen(t)
	for _, phase := range phases {
		most := took
		if phase.name != "bench" {
			removed(t, out)
			most = must(t, home, phase.args...).took
		}
		for _, s := range signals {
			t.Run(fmt.Sprintf("%s/%v", phase.name, s), func(t *testing.T) {
				for try := 1; !t.Failed(); try++ {
					removed(t, out)
					if signalled(t, s, &most, home, phase.args) {
						t.Logf("try %d, within %v", try, most)
						return
					}
					if phase.name == "export" && try == 10 {
						t.Logf("in %d tries it ended before, within %v", try, most)
						return
					}
					if try == 100 {
						t.Fatalf("the signal never ended it in %d tries, within %v", try, most)
					}
				}
			})
		}
		if phase.name != "bench" {
			must(t, home, phase.args...)
		}
	}
}

// signalled sends a signal to a process after a moment up to *most, and reports whether it ended by
// it as it should. What ended before was quicker than most, which then is its time; what did not
// listen yet is slower.
func signalled(
	t *testing.T, s syscall.Signal, most *time.Duration, home string, args []string,
) bool {
	t.Helper()
	end, p := start(t, home, args...)
	time.Sleep(time.Duration(rand.Int64N(int64(*most))))
	sent := time.Now()
	_ = p.Signal(s) // which finds it or doesn't
	o := end()
	if waited := time.Since(sent); waited > 10*time.Second { // 2 s on a quiet machine
		t.Errorf("it took %v", waited)
	}
	lines := strings.Count(o.stderr, "cmae: ")
	switch {
	case o.code == 128+int(s):
		if lines != 1 {
			t.Errorf("%d lines: %q", lines, o.stderr)
		}
		return true
	case o.code == 0 && lines == 0:
		*most = o.took
	case o.code == -1 && o.stderr == "": // before it listened
		*most += *most / 4
	default:
		t.Errorf("exit %d: %s", o.code, o.stderr)
	}
	return false
}

func removed(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
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
// its code, leaves only what the next one goes on from, and that one comes to its end. There are as
// many images as it takes for a signal to come before the end.
func TestSignalsAmidTheCache(t *testing.T) {
	home := t.TempDir()
	cold := filepath.Join(home, "cold")
	count := 800
	images := folder(t, home, count)
	args := append(sets(
		"data.path="+images, "data.cache_dir="+cold, "data.image_size=28", "threads=1",
	), "pretrain", "-q", "--dry-run")
	listen(t)
	for _, s := range signals {
		for !amidTheCache(t, s, home, cold, args) {
			if count *= 2; count > 100000 {
				t.Fatalf("%v: half as many images as %d are decoded before it", s, count)
			}
			more(t, images, count)
		}
	}
	must(t, home, args...)
	if left, _ := filepath.Glob(cold + "/*.pack"); len(left) != 1 {
		t.Errorf("packs %q", left)
	}
	if left, _ := os.ReadDir(cold); len(left) != 1 {
		t.Errorf("at the end %v", left)
	}
	t.Logf("%d images", count)
}

// amidTheCache sends a signal to a process that writes decoded images, and checks how it ends;
// false where it had come to its end before.
func amidTheCache(t *testing.T, s syscall.Signal, home, cold string, args []string) bool {
	t.Helper()
	removed(t, cold)
	end, p := start(t, home, args...)
	written, end := until(end, func() bool {
		names, _ := filepath.Glob(filepath.Join(cold, "*.pack.part"))
		if len(names) == 0 {
			return false
		}
		info, err := os.Stat(names[0])
		return err == nil && info.Size() > 1<<20
	})
	if written {
		_ = p.Signal(s) // which finds it or doesn't
	}
	o := end()
	if o.code == 0 && o.stderr == "" {
		return false
	}
	if !written || o.code != 128+int(s) {
		t.Errorf("%v: exit %d: %s", s, o.code, o.stderr)
	}
	if left, _ := os.ReadDir(cold); len(left) != 2 {
		t.Errorf("%v: left %v", s, left)
	}
	return true
}

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
