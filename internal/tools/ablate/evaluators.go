package ablate

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"cmae/internal/config"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/evaluate/knn"
	"cmae/internal/evaluate/probe"
	"cmae/internal/recipe"
	"cmae/internal/rundir"
	"cmae/internal/trainer/finetune"
)

// Evaluator is a way to measure a pretrained encoder. Each has its column; they are never
// mixed (spec 5).
type Evaluator string

// The evaluators.
const (
	LinearProbe Evaluator = "linprobe"
	KNN         Evaluator = "knn"
	Finetune    Evaluator = "finetune"
)

// Evaluators are all of them, in the order of the table.
func Evaluators() []Evaluator { return []Evaluator{LinearProbe, KNN, Finetune} }

// usual evaluators are cheap beside the pretraining.
func usual() []Evaluator { return []Evaluator{LinearProbe, KNN} }

// title is the evaluator's name for people.
func (e Evaluator) title() string {
	return map[Evaluator]string{LinearProbe: "linear probe", KNN: "kNN", Finetune: "finetune"}[e]
}

// ParseEvaluators checks names of evaluators and brings them into the table's order; none are the
// usual two.
func ParseEvaluators(names []string) ([]Evaluator, error) {
	if len(names) == 0 {
		return usual(), nil
	}
	for _, name := range names {
		if !slices.Contains(Evaluators(), Evaluator(name)) {
			return nil, &config.Error{
				Key:     "evaluate",
				Problem: fmt.Sprintf("%q is not one of %s", name, join(Evaluators(), ", ")),
			}
		}
	}
	return slices.DeleteFunc(
		Evaluators(), func(e Evaluator) bool { return !slices.Contains(names, string(e)) },
	), nil
}

func join(list []Evaluator, between string) string {
	var names []string
	for _, e := range list {
		names = append(names, string(e))
	}
	return strings.Join(names, between)
}

// tuning is the recipe by which a cell is finetuned: shorter and with less augmentation than
// finetune's own, as a sweep has many to do. The file's settings come after it.
func tuning(c recipe.Pretrain, file string) (recipe.Finetune, error) {
	t := recipe.FinetuneFor(c)
	t.Recipe, t.Train.InitHead = recipe.Full, recipe.HeadRandom
	t.Train.Epochs, t.Train.EvalEvery, t.Train.KeepLast = 10, 10, 1
	if !c.Model.IsResNet() {
		t.Train.LayerDecay = 0.75
	}
	t.Optim.BaseLR, t.Optim.WarmupEpochs = 2e-3, 1
	t.Mix.Mixup, t.Mix.Cutmix = 0, 0
	t.Train.BatchSize = min(t.Train.BatchSize, c.Train.BatchSize)
	err := config.Load(&t, config.Source{File: file})
	return t, err
}

// evaluate measures the pretrained encoder in all ways that it was not measured in yet. What was
// measured before an error stays in the result.
func (r *run) evaluate(ctx context.Context, o Options) error {
	for _, e := range o.Evaluators {
		if _, done := r.result.Accuracy[e]; done {
			continue
		}
		measure := r.frozen
		if e == Finetune {
			measure = r.finetuned
		}
		accuracy, err := measure(ctx, o, e)
		if err != nil {
			return fmt.Errorf("%s: %w", e.title(), err)
		}
		r.result.Accuracy[e] = accuracy
		if err := r.keep(); err != nil {
			return err
		}
	}
	return nil
}

// frozen evaluates the encoder as it is.
func (r *run) frozen(ctx context.Context, o Options, e Evaluator) (accuracy float64, err error) {
	opened, err := encoder.Open(
		encoder.Options{Config: &r.config, From: r.folder, Console: o.Console},
	)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	measure := probe.Run
	if e == KNN {
		measure = knn.Run
	}
	result, err := measure(ctx, opened)
	return result.Accuracy, err
}

// finetuned trains the whole encoder with a classifier, in a run folder inside the run's. One that
// was begun goes on.
func (r *run) finetuned(ctx context.Context, o Options, _ Evaluator) (float64, error) {
	s, err := finetune.Run(ctx, finetune.Options{
		Config: r.tuning, Run: r.tuned(), From: r.folder,
		Resume: rundir.ResumeAuto, Overwrite: true, Console: o.Console, Tool: o.Tool,
	})
	if err != nil {
		return 0, err
	}
	r.tunedBy = config.Values(r.tuning)
	return s.Accuracy, nil
}

// tuned is the folder of the run's finetuning.
func (r *run) tuned() string { return filepath.Join(r.folder, string(Finetune)) }
