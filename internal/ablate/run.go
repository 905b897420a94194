package ablate

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/google/renameio/v2"

	"cmae/internal/judge"
	"cmae/internal/trainer"
)

// do pretrains what is left of the run, judges the encoder, and writes the result.
func (r *run) do(ctx context.Context, o Options) (*Result, error) {
	before, err := r.secondsBefore()
	if err != nil {
		return nil, err
	}
	start := time.Now()
	_, err = trainer.Pretrain(ctx, trainer.Options{
		Config: r.config, Run: r.folder, Resume: trainer.ResumeAuto, Overwrite: true, Console: o.Console, Tool: o.Tool,
	})
	result := &Result{Cell: r.cell.Name, Seed: r.seed, Seconds: before + time.Since(start).Seconds()}
	if err := errors.Join(err, r.keepSeconds(result.Seconds)); err != nil {
		return nil, err
	}
	if result.Loss, err = lastLoss(filepath.Join(r.folder, "metrics.jsonl")); err != nil {
		return nil, err
	}
	if err := r.judge(ctx, o, result); err != nil {
		return nil, err
	}
	return result, writeResult(filepath.Join(r.folder, resultFile), finished{*result, settings(r.config)})
}

// judge measures the pretrained encoder by both protocols.
func (r *run) judge(ctx context.Context, o Options, result *Result) (err error) {
	s, err := judge.Open(ctx, judge.Options{Config: r.config, From: r.folder, Console: o.Console})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	linear, err := s.LinearProbe(ctx)
	if err != nil {
		return err
	}
	knn, err := s.KNN(ctx)
	if err != nil {
		return err
	}
	result.Linear, result.KNN, result.Engine = linear.Accuracy, knn.Accuracy, s.Engine.Name()
	return nil
}

// clockFile holds the seconds of pretraining over all sessions of a run.
const clockFile = "seconds"

// secondsBefore is what earlier sessions took, 0 when none left a checkpoint to go on from.
func (r *run) secondsBefore() (float64, error) {
	if _, err := os.Stat(filepath.Join(r.folder, "last")); err != nil {
		return 0, nil
	}
	text, err := os.ReadFile(filepath.Join(r.folder, clockFile))
	if errors.Is(err, os.ErrNotExist) { // the session was killed
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("ablate: seconds of earlier sessions: %w", err)
	}
	seconds, err := strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
	if err != nil {
		return 0, fmt.Errorf("ablate: seconds of earlier sessions: %q: %w; delete the file", filepath.Join(r.folder, clockFile), err)
	}
	return seconds, nil
}

func (r *run) keepSeconds(seconds float64) error {
	if _, err := os.Stat(r.folder); err != nil { // the run failed before it had a folder
		return nil
	}
	if err := renameio.WriteFile(filepath.Join(r.folder, clockFile), fmt.Appendf(nil, "%.3f\n", seconds), 0o644); err != nil {
		return fmt.Errorf("ablate: write seconds: %w", err)
	}
	return nil
}

// lastLoss is the mean loss of the last epoch of a run.
func lastLoss(metrics string) (loss float64, err error) {
	f, err := os.Open(metrics)
	if err != nil {
		return 0, fmt.Errorf("ablate: read loss: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	found := false
	for lines.Scan() {
		var row trainer.Row
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			return 0, fmt.Errorf("ablate: read loss: %q: %w", metrics, err)
		}
		if row.Event == "epoch" && row.Loss != nil {
			loss, found = *row.Loss, true
		}
	}
	if err := lines.Err(); err != nil {
		return 0, fmt.Errorf("ablate: read loss: %q: %w", metrics, err)
	}
	if !found {
		return 0, fmt.Errorf("ablate: read loss: %q has no epoch", metrics)
	}
	return loss, nil
}
