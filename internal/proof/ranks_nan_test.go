package proof

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cmae/internal/rundir/checkpoint"
	"cmae/internal/weights/safetensors"
)

// TestOneRankNotFinite: a loss that is not finite in one rank's shard alone ends all ranks together
// before the update, or takes all of them back; finetuning and microbatches likewise.
func TestOneRankNotFinite(t *testing.T) {
	eachLauncher(t, func(t *testing.T, j job) {
		images, encoder := oneBright(t, j.home), steep(t, j.home)
		still := sets( // nothing makes a black image brighter, or moves the weights
			"data.path="+images, "data.cache_dir="+j.home+"/cache", "data.image_size=28",
			"augment.mean=[0,0,0]", "augment.std=[1,1,1]", "optim.base_lr=1e-9",
			"optim.warmup_epochs=0", "train.epochs=1",
		)
		pretrain := slices.Concat(tiny(), still, []string{"pretrain", "-q", "--init-from", encoder})
		mae := append(pretrain, sets("contrast.weight=0", "location.weight=0")...)
		finetune := slices.Concat(tuned(), still, sets(
			"augment.rand_ops=0", "augment.erase_prob=0", "mix.prob=0", "train.init_head=random",
		), []string{"finetune", encoder, "-q"})
		for _, c := range []struct {
			name string
			args []string
		}{
			{"MAE", mae},
			{"MAE in microbatches", append(mae, "--set", "train.accumulate=4")},
			{"CMAE", pretrain},
			{"finetuning", finetune},
			{"finetuning in microbatches", append(finetune, "--set", "train.accumulate=4")},
		} {
			t.Run(c.name, func(t *testing.T) {
				j := job{t, j.home, j.launcher}
				run := filepath.Join(t.TempDir(), "run")
				began := time.Now()
				end, _ := j.start(2, append(c.args, "--set", "comm=mpi", "--out", run)...)
				o := end()
				j.ended(o, began, 30*time.Second, "diverged at step ")
				if o.code != 5 {
					t.Errorf("exit %d, want 5: %s", o.code, o.stderr)
				}
				run += "-back"
				o = j.must(2, append(append(c.args, sets(
					"comm=mpi", "train.on_divergence=rollback", "train.rollback_skip=1",
				)...), "--out", run)...)
				if strings.Count(o.stderr, "rollback 1 of 3") != 1 {
					t.Errorf("said %s", o.stderr)
				}
				if m, err := checkpoint.ReadManifest(filepath.Join(run, checkpoint.Last)); err != nil ||
					len(m.Rollbacks) != 1 || m.Step != 3 {
					t.Errorf("%v: rollbacks %v, step %d, want one and 3", err, m.Rollbacks, m.Step)
				}
			})
		}
	})
}

// oneBright is a folder of 64 black images of two classes, but for one that is white.
func oneBright(t *testing.T, home string) string {
	t.Helper()
	dir := filepath.Join(home, "bright")
	for i := range 64 {
		img := image.NewGray(image.Rect(0, 0, 28, 28))
		if i == 9 {
			draw.Draw(img, img.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
		}
		path := filepath.Join(dir, "train", fmt.Sprint(i%2), fmt.Sprintf("%d.png", i))
		write(t, path, img)
		if i < 9 {
			write(t, strings.Replace(path, "train", "test", 1), img)
		}
	}
	return dir
}

func write(t *testing.T, path string, img image.Image) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
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

// steep is an encoder whose patch embedding is too large for any image but a black one.
func steep(t *testing.T, home string) string {
	t.Helper()
	run, _ := pretrained(t, home)
	exported := filepath.Join(home, "encoder.safetensors")
	path := filepath.Join(home, "steep.safetensors")
	must(t, home, "export", run, "--out", exported)
	f, err := safetensors.Open(exported)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []safetensors.Tensor
	for _, name := range f.Names() {
		_, shape, _ := f.Info(name)
		values, err := f.Float32s(name)
		if err != nil {
			t.Fatal(err)
		}
		if name == "patch_embed.proj.weight" {
			for i := range values {
				values[i] = 3e38
			}
		}
		all = append(all, safetensors.FromFloat32s(name, shape, values))
	}
	if err := safetensors.WriteFile(path, all, f.Metadata()); err != nil {
		t.Fatal(err)
	}
	return path
}
