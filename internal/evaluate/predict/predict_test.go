package predict

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cmae/internal/config"
	"cmae/internal/evaluate"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/evaluate/probe"
	"cmae/internal/fault"
	"cmae/internal/model"
	"cmae/internal/recipe"
	"cmae/internal/rng"
	"cmae/internal/rundir"
	"cmae/internal/trainer/finetune"
	"cmae/internal/weights"
	"cmae/internal/weights/exchange"
	"cmae/internal/weights/safetensors"
)

var classNames = []string{"left", "middle, or so", "right"}

// bars is an image folder whose classes are the places of a bright bar.
func bars(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for split, n := range map[string]int{"train": 16, "val": 8} {
		for class, name := range classNames {
			for i := range n {
				r := rng.For(uint64(class), rng.Synthetic, uint64(i), uint64(len(split)))
				img := image.NewRGBA(image.Rect(0, 0, 9, 8)) // evaluation takes the middle
				for at := range 72 {
					v := uint8(r.IntN(160))
					if at%9/3 == class {
						v += 90
					}
					img.Set(at%9, at/9, color.Gray{Y: v})
				}
				path := filepath.Join(dir, split, name, fmt.Sprintf("%02d.png", i))
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				f, err := os.Create(path)
				if err == nil {
					err = errors.Join(png.Encode(f, img), f.Close())
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return dir
}

// tuned finetunes for a moment, a transformer or a ResNet.
func tuned(t *testing.T, resNet bool) (run, data string, s *finetune.Summary) {
	t.Helper()
	run, data = filepath.Join(t.TempDir(), "run"), bars(t)
	c := recipe.DefaultFinetune()
	c.Engine, c.Threads = "portable", 1
	c.Data.Path, c.Data.CacheDir, c.Data.ImageSize = data, t.TempDir(), 8
	c.Model.Dim, c.Model.Depth, c.Model.Heads, c.Model.PatchSize = 16, 2, 2, 4
	if resNet {
		c.Model = model.EncoderConfig{Size: model.ResNet18, Stem: "small", Width: 2}
		c.Train.DropPath = 0
	}
	c.Optim.WarmupEpochs, c.Optim.BaseLR, c.Train.Epochs, c.Train.BatchSize = 0, .05, 3, 16
	s, err := finetune.Run(context.Background(), finetune.Options{Config: c, Run: run})
	if err != nil {
		t.Fatal(err)
	}
	return run, data, s
}

// open is the encoder of a run, with the settings of the run.
func open(t *testing.T, run string) *encoder.Encoder {
	t.Helper()
	e, err := encoder.Open(encoder.Options{From: run, Changes: config.Source{
		Set: []string{"engine=portable", "precision=f32", "threads=1"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// classified is what the encoder of a run says of images.
func classified(t *testing.T, run, head string, images ...string) (*Result, error) {
	t.Helper()
	o := Options{Probe: head, Images: images, Top: 5}
	return Run(context.Background(), open(t, run), o)
}

// right counts the images whose likeliest class is the folder that they lie in.
func right(r *Result) (per map[string]int) {
	per = map[string]int{}
	for _, image := range r.Images {
		if class := filepath.Base(filepath.Dir(image.Path)); image.Predictions[0].Class == class {
			per[class]++
		}
	}
	return per
}

// agrees demands that predictions on the test images are as often right, class by class, as the
// score says.
func agrees(t *testing.T, r *Result, s evaluate.Score, test string) {
	t.Helper()
	want := map[string]int{}
	for _, c := range s.PerClass {
		if c.Correct > 0 {
			want[c.Class] = c.Correct
		}
	}
	if got := right(r); !maps.Equal(got, want) {
		t.Errorf("%s: right %v, the score %v", r.Head, got, want)
	}
	names := []string{}
	for _, image := range r.Images {
		names = append(names, image.Path)
		sum := 0.0
		for i, p := range image.Predictions {
			if sum += p.Probability; i > 0 && p.Probability > image.Predictions[i-1].Probability {
				t.Errorf("%s: predictions are not sorted: %v", image.Path, image.Predictions)
			}
		}
		if sum < 1-1e-9 || sum > 1+1e-9 {
			t.Errorf("%s: all classes have %g in all", image.Path, sum)
		}
	}
	if len(names) != 24 || !slices.IsSorted(names) || !strings.HasPrefix(names[0], test) {
		t.Errorf("paths %q", names)
	}
}

// TestPredictsAsFinetuningFound: images one by one from files give the accuracy that the run
// reported; so does a probe on its encoder.
func TestPredictsAsFinetuningFound(t *testing.T) {
	for _, resNet := range []bool{false, true} {
		t.Run(fmt.Sprintf("resnet %v", resNet), func(t *testing.T) {
			run, data, s := tuned(t, resNet)
			test := filepath.Join(data, "val")
			r, err := classified(t, run, "", test)
			if err != nil || r.Head != "finetuned" || r.Classes != 3 || r.Side != 8 ||
				r.Feature != "mean" {
				t.Fatalf("%v: %+v", err, r)
			}
			agrees(t, r, s.Score, test)
			exported := filepath.Join(t.TempDir(), "e.safetensors")
			if _, err := exchange.Export(
				open(t, run), exchange.ExportOptions{Out: exported},
			); err != nil {
				t.Fatal(err)
			}
			same, err := classified(t, exported, "", test)
			if err != nil || !reflect.DeepEqual(same.Images, r.Images) {
				t.Errorf("%v: exported, it predicts otherwise", err)
			}

			e := open(t, run)
			e.Config.Probe.Epochs, e.Config.Probe.Protocol = 15, recipe.Augmented
			e.Config.Augment.Mean = []float64{.3, .3, .3} // not the run's: the probe must remember
			probed, err := probe.Run(context.Background(), e)
			if err != nil {
				t.Fatal(err)
			}
			kept, err := probe.Keep(e, probed, "")
			if err != nil || kept != filepath.Join(run, rundir.ProbeFile) {
				t.Fatal(kept, err)
			}
			if r, err = classified(t, run, kept, test); err != nil || r.Head != kept {
				t.Fatalf("%v: %+v", err, r)
			}
			agrees(t, r, probed.Score, test)
		})
	}
}

// TestHeadsThatDoNotFit: a damaged or foreign classifier is refused before any image is decoded.
func TestHeadsThatDoNotFit(t *testing.T) {
	run, _, _ := tuned(t, false)
	for _, row := range []struct {
		name   string
		change func(*weights.File)
		want   string
	}{
		{
			"no head", func(f *weights.File) { f.Forget("head.") },
			"has no classifier: train one with",
		},
		{
			"bias of another size", func(f *weights.File) { put(f, "head.bias", []int{2}, 1) },
			"tensor head.weight is [3 16], not [2 16]",
		},
		{
			"another width", func(f *weights.File) { put(f, "head.weight", []int{3, 8}, 1) },
			"tensor head.weight is [3 8], not [3 16]",
		},
		{
			"no classes left", func(f *weights.File) { put(f, "head.bias", []int{0}, 1) },
			"tensor head.bias is [0]",
		},
		{
			"not finite",
			func(f *weights.File) { put(f, "head.bias", []int{3}, float32(math.Inf(1))) },
			"tensor head.bias holds +Inf",
		},
		{
			"more names than classes",
			func(f *weights.File) { f.Classes = append(f.Classes, "more") },
			"names 4 classes, and its head has 3",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			e := open(t, run)
			row.change(e.File)
			_, err := findHead(e, "")
			if !errors.Is(err, fault.Mismatch) ||
				!strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
	e := open(t, run)
	e.File.Classes = nil
	if h, err := findHead(e, ""); err != nil || !slices.Equal(h.Classes, []string{"0", "1", "2"}) {
		t.Errorf("%v: %+v", err, h)
	}
}

// TestText: what a terminal and a table show.
func TestText(t *testing.T) {
	r := &Result{Images: []Image{
		{"a.png", []Prediction{{"cat", .75}, {"dog, wet", .125}, {"an otter", .0625}}},
		{"folder/b\n.png", []Prediction{{"otter", .5}, {"cat", .25}, {"dog", .125}}},
	}}
	for width, want := range map[int]string{
		200: "a.png           cat    0.7500   dog, wet 0.1250, an otter 0.0625\n" +
			"folder/b\\n.png  otter  0.5000   cat 0.2500, dog 0.1250\n",
		45: "a.png           cat    0.7500\nfolder/b\\n.png  otter  0.5000   cat 0.2500\n",
		1:  "a.png           cat    0.7500\nfolder/b\\n.png  otter  0.5000\n",
	} {
		var out strings.Builder
		if err := r.WriteText(&out, width); err != nil || out.String() != want {
			t.Errorf("%v: width %d:\n%s", err, width, out.String())
		}
	}
	var out strings.Builder
	want := "path,label,probability,label2,probability2,label3,probability3\n" +
		"a.png,cat,0.75,\"dog, wet\",0.125,an otter,0.0625\n" +
		"\"folder/b\n.png\",otter,0.5,cat,0.25,dog,0.125\n"
	if err := r.WriteCSV(&out); err != nil || out.String() != want {
		t.Errorf("%v:\n%s", err, out.String())
	}
}

// TestMoreThanABatch: many images, in order.
func TestMoreThanABatch(t *testing.T) {
	run, data, _ := tuned(t, false)
	file := filepath.Join(data, "val", "left", "00.png")
	r, err := classified(t, run, "", slices.Repeat([]string{file}, 130)...)
	if err != nil || len(r.Images) != 130 {
		t.Fatalf("%v, %d images", err, len(r.Images))
	}
	one, err := classified(t, run, "", file)
	if err != nil {
		t.Fatal(err)
	}
	for _, image := range r.Images {
		if p := image.Predictions[0].Probability -
			one.Images[0].Predictions[0].Probability; p > 1e-6 || p < -1e-6 {
			t.Fatalf("%v in a batch, %v alone", image, one.Images[0])
		}
	}
}

// put replaces a tensor of a file by one full of v.
func put(f *weights.File, name string, shape []int, v float32) {
	n := 1
	for _, s := range shape {
		n *= s
	}
	f.Put(safetensors.FromFloat32s(name, shape, slices.Repeat([]float32{v}, n)))
}
