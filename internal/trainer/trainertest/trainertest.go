// Package trainertest tests what every command that trains promises: a run that is stopped and
// resumed gives the bits of one that never was.
package trainertest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/trainer"
)

// Train trains the run in a folder, with some workers more or fewer in the loader, and returns what
// must not depend on interruptions.
type Train func(
	ctx context.Context, run string, resume rundir.Resume, workers int,
) (result any, err error)

// SameBits trains a run whole, and again for every list of stops: interrupted after so many looks
// of the loop at its context, and resumed. State, metrics and result must be the same, as must the
// result of a resume when nothing is left to do.
func SameBits(t *testing.T, train Train, everyStops ...[]int) {
	t.Helper()
	whole := filepath.Join(t.TempDir(), "whole")
	do := func(ctx context.Context, run string, resume rundir.Resume, workers int) any {
		result, err := train(ctx, run, resume, workers)
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
	want := do(t.Context(), whole, rundir.ResumeNever, 2)
	for _, stops := range everyStops {
		run, resume := filepath.Join(t.TempDir(), "resumed"), rundir.ResumeNever
		for i, n := range stops {
			// their number changes nothing
			_, err := train(stopAfter{t.Context(), run, i, &n}, run, resume, 1+i)
			var interrupted *trainer.Interrupted
			if !errors.As(err, &interrupted) {
				t.Fatalf("stops %v, the one after %d looks: %v", stops, stops[i], err)
			}
			resume = rundir.ResumeLast
		}
		result := do(t.Context(), run, resume, 3)
		same(t, stops, "result", want, result)
		same(t, stops, "state", Digests(t, whole), Digests(t, run))
		same(t, stops, "metrics", rows(t, whole), rows(t, run))
		if text, err := os.ReadFile(filepath.Join(run, checkpoint.SettingsFile)); err != nil ||
			!strings.Contains(string(text), "workers: 3") {
			t.Errorf(
				"stops %v: the run's settings are not those of its last session: %v\n%s", stops,
				err, text,
			)
		}
	}
	same(t, nil, "result of a finished run", want, do(t.Context(), whole, rundir.ResumeAuto, 2))
}

func same(t *testing.T, stops []int, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stops %v: %s differs:\n%s", stops, what, diff)
	}
}

// stopAfter is a context that ends at the n-th look at it by the loop, whatever that is doing then.
// Looks before the loop, while images are opened, do not count.
type stopAfter struct {
	context.Context
	run      string
	sessions int // before this one
	left     *int
}

func (s stopAfter) Err() error {
	if sessions(s.run) <= s.sessions {
		return nil
	}
	if *s.left--; *s.left < 0 {
		return context.Canceled
	}
	return nil
}

// sessions is how many processes have begun to work on a run, one after the other.
func sessions(run string) int {
	all, err := rundir.Folder(run).Sessions()
	if err != nil {
		return 0
	}
	return len(all)
}

// OneWriter trains a run, and at a look of the loop at its context the same run again, which must
// be refused.
func OneWriter(t *testing.T, train Train) {
	t.Helper()
	run, asked := filepath.Join(t.TempDir(), "run"), false
	second := intruder{t.Context(), func() {
		if asked || sessions(run) == 0 {
			return
		}
		asked = true
		for _, resume := range []rundir.Resume{rundir.ResumeAuto, rundir.ResumeNever} {
			if _, err := train(t.Context(), run, resume, 1); !errors.Is(err, rundir.ErrHeld) {
				t.Errorf("a second writer, resume %q: %v", resume, err)
			}
		}
	}}
	if _, err := train(second, run, rundir.ResumeNever, 1); err != nil || !asked {
		t.Errorf("the first writer: %v", err)
	}
	if _, err := train(t.Context(), run, rundir.ResumeLast, 1); err != nil {
		t.Errorf("after the first writer: %v", err)
	}
}

// intruder is a context that does something whenever it is looked at.
type intruder struct {
	context.Context
	act func()
}

func (i intruder) Err() error {
	i.act()
	return nil
}

// Digests are the checksums of every tensor of the last checkpoint, and where it stands.
func Digests(t *testing.T, run string) map[string]any {
	t.Helper()
	m, err := checkpoint.ReadManifest(filepath.Join(run, checkpoint.Last))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]any{"step": m.Step, "epoch": m.Epoch, "metrics": m.Metrics}
	for _, f := range m.Files {
		for name, sum := range f.Tensors {
			all[f.Name+"/"+name] = sum
		}
	}
	return all
}

// rows are the metrics without what a clock says.
func rows(t *testing.T, run string) (list []rundir.Row) {
	t.Helper()
	f, err := os.Open(filepath.Join(run, rundir.MetricsFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var r rundir.Row
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		delete(r.Values, rundir.ImagesPerSecond)
		delete(r.Values, rundir.DataWait)
		list = append(list, r)
	}
	return list
}
