package evaluate

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"cmae/internal/report"
)

// WriteText prints the result for people, in aligned columns, the score last.
func (r Result) WriteText(w io.Writer) error {
	if err := r.WriteClasses(w); err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%s of %s\n", r.title(), report.Printable(r.Encoder))
	fmt.Fprintf(t, "  feature\t%s, %d values\n", r.Feature, r.Dim)
	if f := r.Folds; f != nil {
		fmt.Fprintf(t, "  images\t%d of %d classes in %d folds\n", r.Train, r.Classes, f.K)
		fmt.Fprintf(t, "  folds\t%.4f to %.4f, standard deviation %.4f\n",
			slices.Min(f.Accuracy), slices.Max(f.Accuracy), f.SD)
	} else {
		fmt.Fprintf(t, "  images\t%d training, %d test, %d classes\n", r.Train, r.Test, r.Classes)
	}
	if k := r.KNN; k != nil {
		fmt.Fprintf(t, "  settings\tk %d, tau %g\n", k.K, k.Tau)
	}
	if p := r.Probe; p != nil {
		fmt.Fprintf(
			t, "  settings\t%s of %s, batch %d, base_lr %.4g (rate %.4g), warm-up %g epochs, "+
				"seed %d\n",
			report.Count(p.Epochs, "epoch"), report.Count(p.Steps, "step"), p.BatchSize,
			p.BaseLR, p.LR, p.WarmupEpochs, p.Seed,
		)
		for i, trial := range p.Trials {
			what := ""
			if i == 0 {
				what = "rates tried"
			}
			fmt.Fprintf(
				t, "  %s\tbase_lr %.4g: %.4f of the training images held back\n", what,
				trial.BaseLR, trial.Accuracy,
			)
		}
	}
	if r.Saved != "" {
		fmt.Fprintf(t, "  saved\t%s\n", report.Printable(r.Saved))
	}
	fmt.Fprintf(t, "  time\t%.1f s encoding, %.1f s measuring\n", r.EncodeSeconds, r.MeasureSeconds)
	if r.Best != nil {
		fmt.Fprintf(
			t, "  best epoch\t%.4f (epoch %d; chosen on these images, for information only)\n",
			r.Best.Accuracy, r.Best.Epoch,
		)
	}
	r.WriteHeadline(t)
	return t.Flush()
}

// WriteHeadline writes the score as rows of two columns.
func (s Score) WriteHeadline(w io.Writer) {
	if s.Top5 != nil {
		fmt.Fprintf(w, "  top 5\t%.4f\n", *s.Top5)
	}
	fmt.Fprintf(w, "  macro F1\t%.4f\n", s.MacroF1)
	fmt.Fprintf(w, "  balanced accuracy\t%.4f\n", s.Balanced)
	fmt.Fprintf(w, "  accuracy\t%.4f\n", s.Accuracy)
}

// WriteClasses prints a line for every class.
func (s Score) WriteClasses(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "  class\tcorrect\ttotal\taccuracy\tF1\t\n")
	for _, c := range s.PerClass {
		if c.Total == 0 {
			fmt.Fprintf(t, "  %s\t\t0\tno test images\t\t\n", report.Printable(c.Class))
			continue
		}
		fmt.Fprintf(
			t, "  %s\t%d\t%d\t%.4f\t%.4f\t\n", report.Printable(c.Class), c.Correct, c.Total,
			c.Accuracy(), c.F1(),
		)
	}
	return t.Flush()
}

func (r Result) title() string {
	if r.Probe != nil {
		return fmt.Sprintf("linear probe (%s)", r.Probe.Protocol)
	}
	return "kNN"
}
