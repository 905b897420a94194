package trainer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"

	"cmae/internal/config"
	"cmae/internal/fault"
	"cmae/internal/report"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/weights"
)

// find takes the folder and loads the checkpoint that a resume goes on from, if there is one. It
// refuses one of other settings, or of a run that began with other weights.
func (r *Run) find() error {
	c, path, err := r.recorder.find()
	if err == nil && c == nil && r.options.Overwrite && r.recorder.folder.Deletes(r.options.From) {
		err = fmt.Errorf(
			"%w: run folder %q holds the weights to start from; name another folder with --out",
			fault.Usage, r.options.Folder,
		)
	}
	if err == nil && c != nil {
		err = r.options.sameStart(c.From)
	}
	if c == nil || err != nil {
		return err
	}
	s := r.settings
	old, err := s.Load(filepath.Join(path, checkpoint.SettingsFile), c.Config)
	if err != nil {
		return fmt.Errorf("%w: %w", fault.Mismatch, err)
	}
	r.saved, r.changes = c, config.Diff(old, s.Recipe)
	// where images and their labels lie is no setting of the run: their digest decides
	may := append([]string{"data.path", "data.labels", "train.patience"}, s.MayChange...)
	for _, change := range r.changes {
		if change.Key == extended {
			if before, err := strconv.Atoi(change.Old); err == nil && before < s.Train.Epochs {
				may = append(may, extended)
			}
		}
	}
	return rundir.SameSettings(old, s.Recipe, may...)
}

// started is what a run of these options begins with, as its checkpoints have it: the digest of an
// encoder, or RandomWeights.
func (o Options) started() (string, error) {
	if o.From == "" {
		return checkpoint.RandomWeights, nil
	}
	file, err := weights.Open(o.From)
	if err != nil {
		return "", err
	}
	return file.Digest(), nil
}

// sameStart refuses to go on with a run that began with other weights than those asked for, if any
// are. Checkpoints of before this was kept say nothing.
func (o Options) sameStart(began string) error {
	if began == "" || o.From == "" && !o.Scratch {
		return nil
	}
	asked, err := o.started()
	if errors.Is(err, fs.ErrNotExist) {
		o.Console.Warn("%q is gone: going on with what the run has of it", o.From)
		return nil
	}
	if err != nil || asked == began {
		return err
	}
	what := report.Quoted(o.From)
	if o.From == "" {
		what = checkpoint.RandomWeights
	}
	return fmt.Errorf(
		"%w: the run in %q did not begin with %s, or these have changed since; leave them out to "+
			"go on with it, or name another folder with --out", fault.Usage, o.Folder, what,
	)
}

// extended is the setting that a resume may raise. All that follows the length of a run then
// follows the new one from the step where it goes on.
const extended = "train.epochs"

// Ready has the run train a task: it restores both from the checkpoint that a resume goes on from,
// or has the task give a new run its weights. It writes nothing.
func (r *Run) Ready(ctx context.Context, task Task) error {
	r.components = task.Components()
	if r.saved == nil {
		var err error
		if r.began, err = r.options.started(); err != nil {
			return err
		}
		return task.Start(ctx)
	}
	if err := r.restore(task, r.saved); err != nil {
		return err
	}
	r.Console.Log("%s", r.resumed())
	return nil
}

// resumed tells where a resumed run stands.
func (r *Run) resumed() string {
	if epochs := r.settings.Train.Epochs; r.At.Epoch >= epochs {
		return fmt.Sprintf("all %d epochs are done: nothing is left to train", epochs)
	}
	if r.enough() {
		return r.stale() + ": nothing is left to train, unless train.patience is raised"
	}
	return fmt.Sprintf("resumed at step %d, epoch %d", r.At.Step, r.At.Epoch+1)
}

// begin opens the run's folder, which it makes for a new run. Nothing is written before.
func (r *Run) begin() (err error) {
	switch {
	case r.recorder == nil:
	case r.saved == nil:
		err = r.recorder.create(r.settings.Recipe, r.Images.Report.Bad)
	default:
		err = r.recorder.goOn(r.settings.Recipe, r.At)
		r.Console.Record("%s", r.resumed()) // which Ready has shown
	}
	r.saved = nil // for its memory
	if err == nil {
		err = r.recorder.began(r.session())
	}
	if err != nil {
		return err
	}
	for _, c := range r.changes {
		note := ""
		switch c.Key {
		case "threads", "replicas":
			note = "; sums may be rounded in another order than by a run that was never stopped"
		case extended:
			note = "; learning rate and EMA go on as in the rest of a run of that length"
		}
		r.Console.Log("%s%s", c, note)
	}
	return nil
}

// session is this process at work on the run.
func (r *Run) session() rundir.Session {
	s := rundir.NewSession(r.options.Tool)
	s.Step, s.Engine, s.Precision = r.At.Step, r.Choice.Name(), r.Choice.ComputeType.String()
	if s.Replicas = 1; r.Replicas != nil {
		s.Replicas = r.Replicas.Len()
	}
	s.Train, s.Classes = r.Images.Train.Len(), len(r.Images.Train.Classes())
	if s.Side = r.Side; r.Images.Test != nil {
		s.Test = r.Images.Test.Len()
	}
	return s
}

// Announce prints what runs and on what.
func (r *Run) Announce(task Task) {
	c, tell := r.settings.Common, r.Console.Record
	if c.Engine != "auto" || c.Precision != "auto" || r.Choice.Faster != "" {
		tell = r.Console.Log // somebody chose it, or could choose better
	}
	tell("engine %s, %s (%s)", r.Choice.Name(), r.Choice.ComputeType, r.Choice.Reason)
	for _, w := range r.Choice.Warnings {
		r.Console.Warn("%s", w)
	}
	train, test := r.Images.Train, r.Images.Test
	evaluated, classes := "no test images", "no labels"
	switch {
	case test != nil && r.settings.Common.Data.Holdout > 0:
		evaluated = fmt.Sprintf("%d held-out images", test.Len())
	case test != nil:
		evaluated = fmt.Sprintf("%d test images", test.Len())
	}
	if n := len(train.Classes()); n > 0 {
		classes = fmt.Sprintf("%d classes", n)
	}
	r.Console.Log(
		"data: %d training images, %s, %s, %d px", train.Len(), evaluated, classes, r.Side,
	)
	task.Announce()
}
