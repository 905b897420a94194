package trainer

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cmae/internal/fault"
	"cmae/internal/recipe"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
)

// FuzzResume: whatever a file of a run holds, or whatever the link in its place leads to, a resume
// comes to the end of a run that was never stopped, or says on one line why not.
func FuzzResume(f *testing.F) {
	c := recipe.Train{OnDivergence: recipe.Stop, MaxRollbacks: 1, RollbackScale: 1}
	never := func(string, float64) bool { return false }
	var rows []rundir.Row
	var end checkpoint.Manifest
	half := filepath.Join(f.TempDir(), "half")
	f.Add(uint8(0), false, []byte("{}"))
	f.Add(uint8(1), false, []byte(`{"event":"step","step":1,"epoch":0}`+"\n{"))
	f.Add(uint8(4), true, []byte("checkpoints/step-9"))
	f.Add(uint8(4), true, []byte("last"))
	f.Add(uint8(0), true, []byte("nothing"))
	f.Add(uint8(2), false, []byte(`{"step":99999999999999999999}`))
	f.Fuzz(func(t *testing.T, which uint8, link bool, data []byte) {
		if rows == nil {
			whole := filepath.Join(t.TempDir(), "whole")
			if err := session(t, whole, c, &diverging{bad: never}); err != nil {
				t.Fatal(err)
			}
			rows, end = course(t, whole)
			err := session(t, half, c, &diverging{bad: never, kill: 3})
			if !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
		}
		run := t.TempDir()
		if err := os.CopyFS(run, os.DirFS(half)); err != nil { // which follows no links
			t.Fatal(err)
		}
		names := []string{
			"config.yaml", rundir.MetricsFile, "diverged.json", "sessions.jsonl", checkpoint.Last,
			"checkpoints/step-6/manifest.json", "checkpoints/step-6/model.safetensors",
			"checkpoints/step-6/optimizer.safetensors", "checkpoints/step-6/config.yaml",
			"train.log", "bad_files.jsonl", "lock", "checkpoints/step-6", "checkpoints",
		}
		name := names[int(which)%len(names)]
		path := filepath.Join(run, name)
		err := os.RemoveAll(path)
		if link && err == nil {
			if !filepath.IsLocal(string(data)) || os.Symlink(string(data), path) != nil {
				return // no name of a file, or one elsewhere, where the test would write
			}
		} else if err == nil {
			err = os.WriteFile(path, data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := session(t, run, c, &diverging{bad: never}); err != nil {
			if code := fault.ExitCode(err); !slices.Contains([]int{1, 2, 4}, code) ||
				strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: code %d: %v", name, code, err)
			}
			return
		}
		again, m := course(t, run)
		m.Files, end.Files = nil, nil
		if name == rundir.MetricsFile {
			again, m.Metrics = rows, end.Metrics
		}
		if diff := cmp.Diff(rows, again) + cmp.Diff(end, m); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	})
}
