package pretrain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/config"
	"cmae/internal/fault"
	"cmae/internal/method"
	"cmae/internal/model"
	"cmae/internal/recipe"
	"cmae/internal/report"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/trainer"
	"cmae/internal/trainer/trainertest"
)

// tiny is a run of seconds that has every kind of state: queue, boxes, momentum, moments,
// predictor, best metric.
func tiny(t *testing.T) recipe.Pretrain {
	c := method.Default()
	c.Data.Limit, c.Data.CacheDir = 60, t.TempDir()
	c.Model.Dim, c.Model.Depth, c.Model.Heads, c.Model.PatchSize = 16, 1, 2, 7
	c.Decoder.Dim, c.Decoder.Depth = 16, 1
	c.Contrast.Hidden, c.Contrast.Out, c.Contrast.QueueSize, c.Contrast.Predictor = 16, 8, 25, true
	c.Location.DropPosition = 0.2
	c.Crop.Enabled, c.Crop.Interval = true, 0.4
	c.Optim.WarmupEpochs = 1
	c.Train.Epochs, c.Train.BatchSize, c.Train.CheckpointEvery, c.Train.KeepLast = 5, 10, 2, 1
	c.Train.Best, c.Train.KNNEvery = recipe.BestKNN, 2
	return c
}

func TestResumeGivesTheSameBits(t *testing.T) {
	for _, test := range []struct {
		precision string
		replicas  int
		key       recipe.KeyTokens
		stops     [][]int
	}{
		// before the first step, mid-epoch, three times
		{"f32", 1, recipe.KeySplit, [][]int{{1}, {9}, {6, 1, 8}}},
		{"f32", 2, recipe.KeySplit, [][]int{{9}}},
		{"bf16", 1, recipe.KeySplit, [][]int{{9}}}, // the copies of the weights come back too
		{"f32", 2, recipe.KeyBank, [][]int{{9}}},
	} {
		t.Run(fmt.Sprint(test.precision, " ", test.replicas, " ", test.key), func(t *testing.T) {
			c := tiny(t)
			c.Precision, c.Replicas, c.Contrast.Key = test.precision, test.replicas, test.key
			trainertest.SameBits(t, func(
				ctx context.Context, run string, resume rundir.Resume, workers int,
			) (any, error) {
				c.Loader.Workers = workers
				s, err := Pretrain(ctx, Options{Config: c, Run: run, Resume: resume})
				if err != nil {
					return nil, err
				}
				return s.Loss, nil
			}, test.stops...)
		})
	}
}

// TestBestFollowsLoss: kNN that is measured on the way has no part in what is best, unless
// train.best says so.
func TestBestFollowsLoss(t *testing.T) {
	c := tiny(t)
	c.Train.Best, c.Train.KNNEvery, c.Train.CheckpointEvery, c.Train.KeepLast = "loss", 2, 1, 0
	c.Contrast.Weight, c.Location.Weight, c.Crop.Enabled = 0, 0, false
	run := filepath.Join(t.TempDir(), "run")
	if _, err := Pretrain(context.Background(), Options{Config: c, Run: run}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(run, "metrics.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lowest, want := math.Inf(1), 0
	for line := range strings.Lines(string(text)) {
		var row rundir.Row
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		if row.Event == "epoch" && row.Values["loss"] < lowest {
			lowest, want = row.Values["loss"], row.Step
		}
	}
	best, err := os.Readlink(filepath.Join(run, "best"))
	if err != nil || filepath.Base(best) != fmt.Sprintf("step-%d", want) {
		t.Errorf("best is %q (%v), the lowest loss is that of step %d", best, err, want)
	}
}

// TestMoCoResume is the same of what MoCo adds: SGD's velocities, running statistics of both
// networks, a queue that batches do not divide.
func TestMoCoResume(t *testing.T) {
	c := tiny(t)
	c, err := method.Load(c, config.Source{Set: []string{"method=moco-v2"}})
	if err != nil {
		t.Fatal(err)
	}
	c.Model, c.Decoder, c.Crop = model.EncoderConfig{
		Size: model.ResNet18, Stem: "small", Width: 2,
	}, recipe.DefaultPretrain().Decoder, recipe.DefaultPretrain().Crop
	c.Contrast.QueueSize, c.Contrast.Out, c.Contrast.Groups = 25, 8, 2
	c.Data.Limit, c.Train.Epochs = 30, 3
	if err := method.All().Check(c); err != nil {
		t.Fatal(err)
	}
	trainertest.SameBits(t, func(
		ctx context.Context, run string, resume rundir.Resume, workers int,
	) (any, error) {
		c.Loader.Workers = workers
		s, err := Pretrain(ctx, Options{Config: c, Run: run, Resume: resume})
		if err != nil {
			return nil, err
		}
		return s.Loss, nil
	}, []int{3, 4})
}

func TestOneWriter(t *testing.T) {
	c := tiny(t)
	c.Train.Epochs, c.Train.KNNEvery, c.Train.Best, c.Optim.WarmupEpochs = 1, 0, "loss", 0
	trainertest.OneWriter(t, func(
		ctx context.Context, run string, resume rundir.Resume, _ int,
	) (any, error) {
		return Pretrain(ctx, Options{Config: c, Run: run, Resume: resume})
	})
}

func TestResumeRefusesChangedSettings(t *testing.T) {
	c := tiny(t)
	c.Train.Epochs, c.Train.KNNEvery, c.Train.Best = 2, 0, "loss"
	run := filepath.Join(t.TempDir(), "run")
	if _, err := Pretrain(context.Background(), Options{Config: c, Run: run}); err != nil {
		t.Fatal(err)
	}
	if _, err := Pretrain(
		context.Background(), Options{Config: c, Run: run},
	); !errors.Is(err, fault.Usage) {
		t.Errorf("an existing run was not refused: %v", err)
	}
	c.Probe.KNNK = 7
	if _, err := Pretrain(
		context.Background(), Options{Config: c, Run: run, Resume: rundir.ResumeLast},
	); err != nil {
		t.Errorf("settings that no pretraining reads were refused: %v", err)
	}
	c.Contrast.Tau = 0.3
	_, err := Pretrain(
		context.Background(), Options{Config: c, Run: run, Resume: rundir.ResumeLast},
	)
	if !errors.Is(err, fault.Usage) ||
		!strings.Contains(err.Error(), "contrast.tau (was 0.1, now 0.3)") {
		t.Fatalf("changed settings were not refused: %v", err)
	}
}

// TestProbeOfARunThatEvaluatesItself: train.best and the log follow the probe's settings where the
// run measures kNN, so they must stay.
func TestProbeOfARunThatEvaluatesItself(t *testing.T) {
	c := tiny(t)
	c.Train.Epochs, c.Train.KNNEvery, c.Optim.WarmupEpochs = 1, 1, 0
	run := filepath.Join(t.TempDir(), "run")
	if _, err := Pretrain(context.Background(), Options{Config: c, Run: run}); err != nil {
		t.Fatal(err)
	}
	c.Probe.KNNK = 7
	_, err := Pretrain(
		context.Background(), Options{Config: c, Run: run, Resume: rundir.ResumeLast},
	)
	if !errors.Is(err, fault.Usage) ||
		!strings.Contains(err.Error(), "probe.knn_k (was 20, now 7)") {
		t.Fatalf("another probe was not refused: %v", err)
	}
}

// TestKNNNeedsLabels: images without labels train, and a run that evaluates itself on them is
// refused by its key.
func TestKNNNeedsLabels(t *testing.T) {
	c := tiny(t)
	c.Data.Path, c.Train.Epochs, c.Optim.WarmupEpochs = t.TempDir(), 1, 0
	for i := range 20 {
		img := image.NewGray(image.Rect(0, 0, 28, 28))
		img.Pix[i] = 255
		f, err := os.Create(filepath.Join(c.Data.Path, fmt.Sprintf("%d.png", i)))
		if err == nil {
			err = errors.Join(png.Encode(f, img), f.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	run := filepath.Join(t.TempDir(), "run")
	var settings *config.Error
	if _, err := Pretrain(
		context.Background(), Options{Config: c, Run: run},
	); !errors.As(err, &settings) || settings.Key != "train.knn_every" ||
		errors.Is(err, fault.Data) {
		t.Errorf("got %v", err)
	}
	c.Train.KNNEvery, c.Train.Best = 0, "loss"
	if s, err := Pretrain(context.Background(), Options{Config: c, Run: run}); err != nil ||
		s.Steps != 2 {
		t.Errorf("%v, %+v", err, s)
	}
}

func TestDivergenceStopsBeforeTheUpdate(t *testing.T) {
	c := tiny(t)
	c.Optim.BaseLR, c.Optim.WarmupEpochs = 1e30, 0
	run := filepath.Join(t.TempDir(), "run")
	_, err := Pretrain(context.Background(), Options{Config: c, Run: run})
	var diverged *trainer.Diverged
	if !errors.As(err, &diverged) {
		t.Fatalf("got %v, want *trainer.Diverged", err)
	}
	if _, err := os.Stat(filepath.Join(run, "diverged.json")); err != nil {
		t.Error(err)
	}
}

func TestAccumulationEqualsTheWholeBatch(t *testing.T) {
	c := tiny(t)
	c.Precision = "f32" // auto is bf16 where the CPU is fast at it
	c.Contrast.Weight, c.Location.Weight, c.Crop.Enabled = 0, 0, false
	c.Train.Epochs, c.Train.KNNEvery, c.Train.Best = 2, 0, "loss"
	var last [2]float64
	for i, parts := range []int{1, 5} {
		c.Train.Accumulate = parts
		s, err := Pretrain(
			context.Background(), Options{Config: c, Run: filepath.Join(t.TempDir(), "run")},
		)
		if err != nil {
			t.Fatal(err)
		}
		last[i] = s.Loss
	}
	if d := last[0] - last[1]; d > 1e-5 || d < -1e-5 { // other order of summation in float32
		t.Errorf("loss %g in one part, %g in five", last[0], last[1])
	}
}

// TestResumeInSmallerParts: a run that met the end of a device's memory goes on with its batch.
func TestResumeInSmallerParts(t *testing.T) {
	c := tiny(t)
	c.Contrast.Weight, c.Location.Weight, c.Crop.Enabled = 0, 0, false
	c.Train.Epochs, c.Train.KNNEvery, c.Train.Best, c.Optim.WarmupEpochs = 1, 0, "loss", 0
	run := filepath.Join(t.TempDir(), "run")
	if _, err := Pretrain(context.Background(), Options{Config: c, Run: run}); err != nil {
		t.Fatal(err)
	}
	c.Train.Epochs, c.Train.Accumulate = 2, 5
	s, err := Pretrain(
		context.Background(), Options{Config: c, Run: run, Resume: rundir.ResumeLast},
	)
	if err != nil || s.Epochs != 2 {
		t.Fatalf("%+v, %v", s, err)
	}
}

// TestResumeExtends: a finished run goes on for more epochs, by the schedule of the longer run; it
// is not cut short.
func TestResumeExtends(t *testing.T) {
	c := tiny(t)
	c.Train.Epochs, c.Train.KNNEvery, c.Train.Best, c.Optim.WarmupEpochs = 2, 0, "loss", 0
	run := filepath.Join(t.TempDir(), "run")
	if _, err := Pretrain(context.Background(), Options{Config: c, Run: run}); err != nil {
		t.Fatal(err)
	}
	c.Train.Epochs = 4
	var log strings.Builder
	summary, err := Pretrain(context.Background(), Options{
		Config: c, Run: run, Resume: rundir.ResumeLast, Console: report.NewConsole(&log, false),
	})
	if err != nil || summary.Epochs != 4 {
		t.Fatalf("%+v, %v", summary, err)
	}
	text, err := os.ReadFile(filepath.Join(run, rundir.MetricsFile))
	if err != nil {
		t.Fatal(err)
	}
	steps := summary.Steps / 4
	for line := range strings.Lines(string(text)) {
		var row rundir.Row
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		epochs := 2
		if row.Step > 2*steps {
			epochs = 4
		}
		want := c.Optim.RateAt(float64(row.Step-1)/float64(steps), epochs, c.Train.BatchSize)
		if got, is := row.Values[rundir.LearningRate]; is && math.Abs(got-want) > 1e-12 {
			t.Errorf("step %d: rate %g, want %g", row.Step, got, want)
		}
	}
	if !strings.Contains(log.String(), "train.epochs: 2 is now 4; learning rate and EMA go on") {
		t.Errorf("log: %s", log.String())
	}
	c.Train.Epochs = 3
	if _, err := Pretrain(
		context.Background(), Options{Config: c, Run: run, Resume: rundir.ResumeLast},
	); !errors.Is(err, fault.Usage) {
		t.Errorf("fewer epochs: %v", err)
	}
}

// TestBestIsFoundAgain: a run that was killed between saving its best checkpoint and pointing to
// it, or has lost the link, points to it when it goes on, and keeps it.
func TestBestIsFoundAgain(t *testing.T) {
	c := tiny(t)
	c.Train.Epochs, c.Train.KNNEvery, c.Train.Best = 1, 1, recipe.BestKNN
	c.Optim.WarmupEpochs, c.Train.KeepLast = 0, 1
	run := filepath.Join(t.TempDir(), "run")
	if _, err := Pretrain(t.Context(), Options{Config: c, Run: run}); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(run, "best")); err != nil {
		t.Fatal(err)
	}
	c.Train.Epochs = 2
	if _, err := Pretrain(
		t.Context(), Options{Config: c, Run: run, Resume: rundir.ResumeAuto},
	); err != nil {
		t.Fatal(err)
	}
	m, err := checkpoint.ReadManifest(filepath.Join(run, "best"))
	if err != nil || float64(m.Epoch) != m.Metrics[checkpoint.BestEpochMetric] {
		t.Errorf("best is of epoch %d and says %v, %v", m.Epoch, m.Metrics, err)
	}
}

// TestALoaderThatRefuses: what cannot be made is an error, and everything is given back once.
func TestALoaderThatRefuses(t *testing.T) {
	c := tiny(t)
	c.Loader.Workers = -3
	run := filepath.Join(t.TempDir(), "run")
	if _, err := Pretrain(t.Context(), Options{Config: c, Run: run}); err == nil {
		t.Error("workers below 0 load")
	}
}
