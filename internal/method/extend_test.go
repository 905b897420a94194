package method_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/config"
	"cmae/internal/kernel"
	"cmae/internal/report"
	"cmae/internal/report/curves"
	"cmae/internal/rundir"
	"cmae/internal/tools/summary"
	"cmae/internal/trainer/pretrain"
)

// TestExtending trains a term and a method that cmae does not have, and finds them in metrics,
// curves and summary, which know of neither.
func TestExtending(t *testing.T) {
	for _, c := range []struct{ method, terms string }{
		{"cmae", "colour contrast location reconstruct"},
		{"whole", "colour"},
	} {
		t.Run(c.method, func(t *testing.T) {
			methods, run := toys(), filepath.Join(t.TempDir(), "run")
			settings, err := methods.Load(methods.Default(), config.Source{Set: []string{
				"method=" + c.method, "data.limit=40", "data.cache_dir=" + t.TempDir(),
				"model.dim=16", "model.depth=1", "model.heads=2", "model.patch_size=7",
				"train.epochs=2", "train.batch_size=10", "optim.warmup_epochs=1",
			}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := pretrain.Pretrain(context.Background(), pretrain.Options{
				Config: settings, Methods: methods, Run: run, Tool: "test",
				Console: report.NewConsole(io.Discard, true),
			}); err != nil {
				t.Fatal(err)
			}
			rows, err := os.ReadFile(filepath.Join(run, rundir.MetricsFile))
			if err != nil {
				t.Fatal(err)
			}
			for _, term := range strings.Fields(c.terms) {
				if !strings.Contains(string(rows), `"`+term+`":`) {
					t.Errorf("metrics without the term %s: %s", term, rows)
				}
			}
			svg := filepath.Join(t.TempDir(), "curves.svg")
			if err := curves.Plot(svg, methods.Terms(), run); err != nil {
				t.Fatal(err)
			}
			if text, err := os.ReadFile(svg); err != nil ||
				!strings.Contains(string(text), "Mean colour") {
				t.Errorf("curves without the term: %v", err)
			}
			m, err := methods.Find(c.method)
			if err != nil {
				t.Fatal(err)
			}
			s, err := summary.At(m, settings.At(28), kernel.F32)
			if err != nil {
				t.Fatal(err)
			}
			if head := s.Part("colour head"); head.Trained != 3*16+3 || head.Step == 0 {
				t.Errorf("the head in the summary: %+v", head)
			}
		})
	}
}
