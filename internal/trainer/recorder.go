package trainer

import (
	"errors"
	"fmt"
	"os"

	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/fault"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/rundir/track"
)

// recorder is all that a run writes: settings, rows of metrics, the log, checkpoints, reports, and
// the lock that keeps others from writing there. A run that writes nothing has none: the methods
// that it calls nevertheless do nothing for nil.
type recorder struct {
	options Options
	folder  rundir.Folder
	store   *checkpoint.Store
	lock    *rundir.Lock
	logs    *rundir.Logs
	track   track.Config
	told    *track.Trackers
	end     track.End

	settings any
	failedAt int // the step at which the run once diverged and that it has not trained past; else 0
}

func newRecorder(o Options, t track.Config) *recorder {
	return &recorder{
		options: o, folder: rundir.Folder(o.Folder), store: checkpoint.NewStore(o.Folder),
		track: t, end: track.Failed,
	}
}

// find locks the folder, if there is one, and loads the checkpoint that the run goes on from; c is
// nil for a new run, which takes no folder of another.
func (w *recorder) find() (c *checkpoint.Checkpoint, path string, err error) {
	o := w.options
	if _, err := os.Stat(o.Folder); err == nil {
		if w.lock, err = w.folder.Lock(o.Console); err != nil {
			return nil, "", err
		}
		if o.Overwrite || o.Resume == rundir.ResumeNever { // before images are decoded
			if err := w.folder.Free(o.Overwrite); err != nil || !o.Overwrite {
				return nil, "", err
			}
		}
		if err := errors.Join(w.folder.CheckFiles(), w.store.Recover()); err != nil {
			return nil, "", err
		}
		for _, left := range w.store.Sweep() {
			o.Console.Warn("left behind by a process that was killed: %v; delete it by hand", left)
		}
	}
	return w.folder.Find(o.Resume, o.Console)
}

// create makes the folder of a new run. If the folder holds a run that ended before its first
// checkpoint, so that ResumeAuto found none, the new run replaces it.
func (w *recorder) create(settings any, bad []dataset.BadFile) (err error) {
	o := w.options
	if w.lock == nil {
		if w.lock, err = w.folder.Lock(o.Console); err != nil {
			return err
		}
	}
	anew := o.Resume == rundir.ResumeAuto && w.folder.Begun()
	if anew {
		o.Console.Warn(
			"no checkpoint in %q: started anew, and what the run there had logged is deleted",
			o.Folder,
		)
	}
	if err := w.folder.Create(settings, o.Overwrite || anew); err != nil {
		return err
	}
	if err := w.folder.WriteBadFiles(bad); err != nil {
		return err
	}
	w.settings = settings
	if w.logs, err = w.folder.OpenLogs(0, o.Console); err != nil {
		return err
	}
	w.tell(0)
	return nil
}

// tell opens the trackers of a run that goes on after step.
func (w *recorder) tell(step int) {
	w.told = track.Open(
		w.track, w.options.Folder, step, config.Values(w.settings), w.options.Console,
	)
}

// goOn readies the folder of a resumed run: settings may change, and checkpoints that are newer
// than the one it goes on from may be corrupt.
func (w *recorder) goOn(settings any, at Position) (err error) {
	w.folder.Sweep()
	if err := w.folder.WriteSettings(settings); err != nil {
		return err
	}
	if err := w.store.SetLast(at.Step); err != nil {
		return err
	}
	if at.bestEpoch > 0 {
		found, err := w.store.PointBest(at.bestEpoch)
		if err != nil {
			return err
		}
		if !found {
			w.options.Console.Warn(
				"the best checkpoint, of epoch %d, is gone: %q will lead to a later one only if "+
					"that is better", at.bestEpoch, w.folder.File(checkpoint.Best),
			)
		}
	}
	w.settings, w.failedAt = settings, w.folder.DivergedAt()
	if err := w.passed(at.Step); err != nil {
		return err
	}
	if w.logs, err = w.folder.OpenLogs(at.rows, w.options.Console); err != nil {
		return err
	}
	w.tell(at.Step)
	return nil
}

// passed takes back that the run diverged once it has trained past that step.
func (w *recorder) passed(step int) error {
	if w.failedAt == 0 || step < w.failedAt {
		return nil
	}
	w.failedAt = 0
	return w.folder.ForgetDivergence()
}

// began notes that a process is at work on the run.
func (w *recorder) began(s rundir.Session) error {
	if w == nil {
		return nil
	}
	return w.folder.Began(s)
}

// row appends a row to metrics.jsonl.
func (w *recorder) row(row rundir.Row) error {
	if w == nil {
		return nil
	}
	if err := errors.Join(w.check(), w.passed(row.Step)); err != nil {
		return err
	}
	if err := w.logs.Write(row); err != nil {
		return err
	}
	w.told.Row(row)
	return nil
}

// check makes again what somebody deleted of the run's files, and refuses to go on where nothing is
// left.
func (w *recorder) check() error {
	if err := w.lock.Check(w.options.Console); err != nil {
		return err
	}
	return w.logs.Check()
}

// sync makes the rows as durable as the checkpoint that will count them, and returns their number.
func (w *recorder) sync() (rows int, err error) { return w.logs.Sync() }

// save writes a checkpoint and points last to it; best too when it is the best so far. Of the older
// ones it keeps the last, or all if keep is 0.
func (w *recorder) save(c *checkpoint.Checkpoint, best bool, keep int) (path string, err error) {
	if err := w.check(); err != nil {
		return "", err
	}
	if _, err := os.Stat(w.folder.File(checkpoint.SettingsFile)); errors.Is(err, os.ErrNotExist) {
		if err := w.folder.WriteSettings(w.settings); err != nil {
			return "", err
		}
	}
	if path, err = w.store.Save(c); err == nil && best {
		err = w.store.SetBest(c.Step)
	}
	if err != nil {
		return "", err
	}
	if keep > 0 {
		if err := w.store.Purge(keep); err != nil {
			w.options.Console.Warn("old checkpoints: %v", err)
		}
	}
	return path, nil
}

// diverged writes what a failed step worked on, and returns the file's path.
func (w *recorder) diverged(report any) (path string, err error) {
	return w.folder.WriteDiverged(report)
}

// newest loads the checkpoint to go back to: the newest sound one that would be there had the run
// never been interrupted, so that it goes back to the same, else the newest. Without a recorder
// there is none.
func (w *recorder) newest() (*checkpoint.Checkpoint, error) {
	if w == nil {
		return nil, nil
	}
	if err := w.check(); err != nil {
		return nil, err
	}
	if path, found := checkpoint.LatestPlanned(w.options.Folder); found {
		return checkpoint.Load(path)
	}
	c, _, err := w.folder.Find(rundir.ResumeAuto, w.options.Console)
	if err == nil && c == nil {
		err = fmt.Errorf("run: %w in %q to go back to", fault.Missing, w.options.Folder)
	}
	return c, err
}

// rewind forgets the rows of metrics.jsonl after the first so many, which were there at a step, and
// that the run had ended.
func (w *recorder) rewind(rows, step int) error {
	if w == nil {
		return nil
	}
	if err := errors.Join(w.logs.Rewind(rows), w.folder.ForgetDivergence()); err != nil {
		return err
	}
	w.told.Close(track.Interrupted)
	w.tell(step)
	return nil
}

// forget deletes the checkpoints after a step.
func (w *recorder) forget(step int) error {
	if w == nil {
		return nil
	}
	return w.store.Forget(step)
}

// bundle writes what repeats a failed step, and returns the folder's path.
func (w *recorder) bundle(c *checkpoint.Checkpoint) (path string, err error) {
	if _, err := os.Stat(w.options.Folder); err != nil { // deleted meanwhile
		return "", err
	}
	return w.store.SaveBundle(c)
}

// endsAs says how the session ended.
func (w *recorder) endsAs(err error) {
	switch {
	case w == nil:
	case err == nil:
		w.end = track.Done
	case errors.As(err, new(*Interrupted)):
		w.end = track.Interrupted
	}
}

// close closes the logs and lets others write to the folder.
func (w *recorder) close() error {
	if w == nil {
		return nil
	}
	w.told.Close(w.end)
	return errors.Join(w.logs.Close(), w.lock.Release())
}
