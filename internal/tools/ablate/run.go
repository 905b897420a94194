package ablate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"cmae/internal/atomicfile"
	"cmae/internal/config"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/system"
	"cmae/internal/trainer/pretrain"
)

// do does what is left of the run: it pretrains, then evaluates the encoder, and keeps the result
// after each part. The error wraps rundir.ErrHeld if another process holds the run.
func (r *run) do(ctx context.Context, o Options) (err error) {
	lock, err := rundir.Folder(r.folder).LockBy(r.folder+".lock", o.Console)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	if err := r.find(o.Evaluators); err != nil { // another process may have gone on with it
		return err
	}
	if r.result == nil {
		if err := r.pretrain(ctx, o); err != nil {
			return err
		}
	}
	return r.evaluate(ctx, o)
}

// keep writes the result with the settings that it belongs to.
func (r *run) keep() error {
	return writeResult(
		filepath.Join(r.folder, resultFile),
		finished{*r.result, config.Values(r.config), r.tunedBy},
	)
}

func (r *run) pretrain(ctx context.Context, o Options) error {
	before, err := r.secondsBefore()
	if err != nil {
		return err
	}
	if !r.resumable() { // a finetuning that is there is another encoder's
		if err := system.RemoveAll(r.tuned()); err != nil {
			return fmt.Errorf("ablate: finetuning of an earlier encoder: %w", err)
		}
	}
	if err := r.keepSeconds(before); err != nil { // this session's begin
		return err
	}
	start := time.Now()
	summary, err := pretrain.Pretrain(ctx, pretrain.Options{
		Config: r.config, Run: r.folder, Resume: rundir.ResumeAuto, Overwrite: true,
		Console: o.Console, Tool: o.Tool,
	})
	seconds := before + time.Since(start).Seconds()
	if err := errors.Join(err, r.keepSeconds(seconds)); err != nil {
		return err
	}
	r.result = &Result{
		Cell: r.cell.Name, Seed: r.seed, Accuracy: map[Evaluator]float64{}, Loss: summary.Loss,
		Seconds: seconds, BoxArea: summary.BoxArea, Engine: summary.Engine,
	}
	return r.keep()
}

// resumable reports whether earlier sessions left a checkpoint to go on from.
func (r *run) resumable() bool {
	_, err := os.Stat(filepath.Join(r.folder, checkpoint.Last))
	return err == nil
}

// clock is the file that holds the seconds of pretraining over the sessions of a run so far. It is
// written as a session begins and as it ends, so that a session which was killed began at its time.
func (r *run) clock() string { return r.folder + ".seconds" }

// secondsBefore is what earlier sessions took, 0 when none left a checkpoint to go on from. Of one
// that was killed it is the time until its last checkpoint: what came after is done again.
func (r *run) secondsBefore() (float64, error) {
	saved, err := os.Stat(filepath.Join(r.folder, checkpoint.Last))
	if err != nil {
		return 0, nil
	}
	text, err := rundir.ReadFile(r.clock())
	if errors.Is(err, os.ErrNotExist) { // the run was not begun by a sweep
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("ablate: seconds of earlier sessions: %w", err)
	}
	seconds, err := strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
	if err != nil {
		return 0, fmt.Errorf(
			"ablate: seconds of earlier sessions: %q: %w; delete the file", r.clock(), err,
		)
	}
	kept, err := os.Stat(r.clock())
	if err != nil {
		return 0, fmt.Errorf("ablate: seconds of earlier sessions: %w", err)
	}
	return seconds + max(0, saved.ModTime().Sub(kept.ModTime()).Seconds()), nil
}

func (r *run) keepSeconds(seconds float64) error {
	if err := atomicfile.Write(
		r.clock(), fmt.Appendf(nil, "%.3f\n", seconds), 0o644,
	); err != nil {
		return fmt.Errorf("ablate: write seconds: %w", err)
	}
	return nil
}
