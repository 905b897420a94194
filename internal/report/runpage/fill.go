package runpage

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/evaluate"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/evaluate/knn"
	"cmae/internal/recipe"
	"cmae/internal/report"
	"cmae/internal/report/picture"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/rundir/track"
)

// FillOptions say what Fill does.
type FillOptions struct {
	Changes  config.Source // of the run's settings, such as where its data is now
	Console  *report.Console
	Pictures bool // draws them anew
	Evaluate bool // measures kNN, and both baselines, unless that is kept of this checkpoint
}

// sample is what pictures of a page show.
var sample = picture.Sample{Count: 8, Seed: 1}

// Fill draws and measures what a page on the run shows, into the run's folder. What cannot be drawn
// or measured, as when the data is gone, is a warning.
func Fill(ctx context.Context, folder string, o FillOptions) error {
	if _, ok := checkpoint.Within(folder); !ok {
		o.Console.Warn(
			"%s has no checkpoint yet: the page will have curves and settings only", folder,
		)
		return nil
	}
	r, err := read(folder)
	if err != nil {
		return err
	}
	if o.Pictures {
		if err := r.draw(ctx, o); err != nil {
			return err
		}
		if err := r.showTrackers(); err != nil {
			return err
		}
	}
	if o.Evaluate && r.finetune == nil {
		return r.measure(ctx, o)
	}
	return nil
}

// tolerate turns an error into a warning unless the work was told to stop.
func tolerate(ctx context.Context, o FillOptions, what string, err error) error {
	if err != nil && ctx.Err() == nil {
		o.Console.Warn("%s left out: %v", what, err)
		return nil
	}
	return err
}

// draw makes the pictures that the run's model can have.
func (r *run) draw(ctx context.Context, o FillOptions) error {
	path := func(name string) string { return filepath.Join(rundir.Pictures(r.folder), name) }
	if r.pretrain != nil {
		var c recipe.Pretrain
		err := r.open(o, encoder.Options{From: r.folder}, func(e *encoder.Encoder) error {
			c = e.Config
			return picture.Views(ctx, c, o.Console, path("views.png"), sample)
		})
		if err := tolerate(ctx, o, "views", err); err != nil {
			return err
		}
	}
	if r.common.Model.IsResNet() {
		return nil
	}
	err := r.open(o, encoder.Options{From: r.folder, Maps: true}, func(e *encoder.Encoder) error {
		draw := func(
			what string,
			f func(context.Context, *encoder.Encoder, string, picture.Sample) error,
		) error {
			return tolerate(ctx, o, what, f(ctx, e, path(what+".png"), sample))
		}
		var errs []error
		if r.pretrain != nil && r.pretrain.Reconstruct.Weight > 0 {
			errs = append(errs, draw("reconstruct", picture.Reconstructions))
		}
		errs = append(errs, draw("attention", picture.Attention), draw("pca", picture.PCA))
		data, err := e.Data(ctx)
		if err == nil && boxed(data.Train) {
			errs = append(errs, draw("crops", picture.Crops))
		}
		return errors.Join(errs...)
	})
	return tolerate(ctx, o, "pictures", err)
}

// showTrackers gives the pictures to the event files of a run that has some.
func (r *run) showTrackers() error {
	files, err := filepath.Glob(filepath.Join(rundir.Pictures(r.folder), "*.png"))
	if err != nil || r.manifest == nil {
		return err
	}
	return track.Pictures(r.folder, r.manifest.Step, files)
}

// boxed reports whether an image of a split has a true box.
func boxed(set *dataset.Set) bool {
	for i := range set.Len() {
		if _, ok := set.Box(i); ok {
			return true
		}
	}
	return false
}

// measured are the subjects with a kNN that was kept of this checkpoint, on the run's images and by
// the vote of these settings; none where they cannot be compared.
func (r *run) measured(c recipe.Probe) map[evaluate.Subject]bool {
	var kept []evaluate.Kept
	have := map[evaluate.Subject]bool{}
	for _, k := range r.kept {
		switch {
		case k.Method != evaluate.KNN || r.elsewhere(k) != "" || k.KNN == nil:
		case k.KNN.K != min(c.KNNK, k.Train) || k.KNN.Tau != c.KNNTau:
		case k.Subject == evaluate.Trained && (r.manifest == nil || k.Step != r.manifest.Step):
		default:
			kept, have[k.Subject] = append(kept, k), true
		}
	}
	for _, k := range kept {
		if !k.Comparable(kept[0]) {
			return map[evaluate.Subject]bool{}
		}
	}
	return have
}

// measure evaluates by kNN what was not kept of this checkpoint.
func (r *run) measure(ctx context.Context, o FillOptions) error {
	base := *r.pretrain
	if c, err := recipe.LoadReader(base, o.Changes); err == nil { // else opening tells
		base = c
	}
	have := r.measured(base.Probe)
	for _, s := range evaluate.Subjects() {
		if have[s] {
			continue
		}
		from := encoder.Options{Pixels: s == evaluate.Pixels}
		if s == evaluate.Trained {
			from.From = r.folder
		} else {
			from.Config = &base
		}
		err := r.open(o, from, func(e *encoder.Encoder) error {
			result, err := knn.Run(ctx, e)
			if err != nil {
				return err
			}
			data, err := e.Data(ctx)
			if err != nil {
				return err
			}
			return evaluate.Keep(
				r.folder, evaluate.Kept{
					Result: result, Titles: data.Train.Titles(), Subject: s,
					On: evaluate.BasisOf(e.Config.Data, data, e.Side),
				},
			)
		})
		if err := tolerate(ctx, o, fmt.Sprintf("kNN of %s", subjects[s]), err); err != nil {
			return err
		}
	}
	return nil
}

// open opens an encoder of the run's settings and hands it to use.
func (r *run) open(
	o FillOptions, from encoder.Options, use func(*encoder.Encoder) error,
) (err error) {
	from.Changes, from.Console = o.Changes, o.Console
	e, err := encoder.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	return use(e)
}
