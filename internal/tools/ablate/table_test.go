package ablate

import (
	"bytes"
	"flag"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

func TestStat(t *testing.T) {
	for _, c := range []struct {
		values   []float64
		mean, sd float64 // sd is NaN for none
	}{
		{[]float64{3}, 3, math.NaN()},
		{[]float64{1, 2, 3, 4}, 2.5, math.Sqrt(5. / 3)},
		{[]float64{.5, .5}, .5, 0},
	} {
		s := statOf(c.values)
		switch {
		// rounding of a sum
		case math.Abs(s.Mean-c.mean) > 1e-15, (s.SD == nil) != math.IsNaN(c.sd), s.SD != nil &&
			math.Abs(*s.SD-c.sd) > 1e-15:
			t.Errorf("%v: %+v", c.values, s)
		}
	}
	if statOf(nil) != nil {
		t.Error("no values have a mean")
	}
}

// example is a table with a finished cell, one of which one seed failed and one is still to run,
// and one that failed throughout.
func example() *Table {
	t := &Table{Name: "decoder", Seeds: []uint64{1, 2, 3}, Evaluators: Evaluators()}
	add := func(name string, decoder int, linear []float64, left int, failures ...Failure) {
		row := Row{
			Cell: Cell{
				name, []string{"decoder.kind=" + name, "decoder.depth=2"},
			}, DecoderParameters: decoder, EncoderParameters: 456_000,
			Epochs: 20, StepFLOPs: 43_210_000 +
				int64(decoder), RunFLOPs: 4_321_000_000_000, Failures: failures, Left: left,
		}
		for i, v := range linear {
			accuracy := map[Evaluator]float64{LinearProbe: v, KNN: v - .04}
			if i == 0 {
				accuracy[Finetune] = v + .05
			}
			row.Runs = append(
				row.Runs,
				Result{
					Cell: name, Seed: uint64(i + 1), Accuracy: accuracy, Loss: .5 + v/10,
					Seconds: 60 + float64(decoder)/1e4,
				},
			)
		}
		if name == "mlp" {
			area := .95
			row.Runs[0].BoxArea = &area
		}
		row.summarise(t.Evaluators)
		t.Rows = append(t.Rows, row)
	}
	add("transformer", 412_000, []float64{.80, .81, .82}, 0)
	add(
		"mlp", 98_000, []float64{.79}, 1,
		Failure{2, "finetune: diverged at step 7:\nloss is not finite | lower optim.base_lr"},
	)
	add("conv", 150_000, nil, 0, Failure{1, "a"}, Failure{2, "b"}, Failure{3, "a"})
	return t
}

func TestTablesAreGolden(t *testing.T) {
	table := example()
	for file, got := range map[string]string{
		"testdata/table.md": table.Markdown(), "testdata/table.csv": string(table.csv()),
	} {
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s:\n%s", file, diff)
		}
	}
}

func TestHeldOut(t *testing.T) {
	table := example()
	table.Holdout = 100
	if text := table.Markdown(); !strings.Contains(text, "Accuracy on held-out training images") {
		t.Errorf("held-out images pass for others: %s", text)
	}
}

func TestPicture(t *testing.T) {
	picture, err := example().drawPNG()
	if err != nil || !bytes.HasPrefix(picture, []byte("\x89PNG")) {
		t.Errorf("%d bytes: %v", len(picture), err)
	}
	table := example()
	rows := table.Rows
	want := "20 epochs; mean ± standard deviation of 1 to 3 of 3 seeds; 1 of 3 cells have no result"
	if got := table.scope(rows[:2]); got != want {
		t.Errorf("below the title stands %q, want %q", got, want)
	}
	if got := differing(rows[:2]); len(got) != 2 || got[0].label != costs[0].label ||
		got[1].label != costs[2].label {
		t.Errorf("the cells differ in decoder and time, and the picture has %d columns", len(got))
	}
	if got := differing(rows[:1]); len(got) != len(costs) {
		t.Errorf("a single cell has %d columns", len(got))
	}
	if picture, err := (&Table{
		Rows: rows[2:], Evaluators: Evaluators(),
	}).drawPNG(); picture != nil || err != nil {
		t.Errorf("a picture of nothing: %d bytes, %v", len(picture), err)
	}
}
