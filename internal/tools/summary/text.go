package summary

import (
	"fmt"
	"io"
	"slices"
	"strconv"

	"cmae/internal/report"
	"cmae/internal/report/page"
)

// WriteText prints the summary as aligned tables.
func (s *Summary) WriteText(w io.Writer) {
	fmt.Fprintf(w, "%s, %s; images of %d px", s.trains, s.Encoder, s.Side)
	if s.Patches > 0 {
		fmt.Fprintf(w, ": %d x %d = %d patches of %d px", s.Grid, s.Grid, s.Patches, s.PatchSize)
	}
	if s.Masked > 0 {
		fmt.Fprintf(w, ", %d visible and %d masked", s.Visible, s.Masked)
	}
	fmt.Fprintf(w, "; batch %d", s.Batch)
	if s.Images > 0 {
		fmt.Fprintf(
			w, "\n%d training images: %s an epoch, %d in %s", s.Images,
			report.Count(s.EpochSteps, "step"), s.EpochSteps*s.Epochs,
			report.Count(s.Epochs, "epoch"),
		)
	}
	fmt.Fprint(w, "\n\n")
	fmt.Fprintf(w, partRow, "part", "parameters", "trained", "FLOPs forward", "FLOPs of a step")
	for _, p := range append(slices.Clone(s.Parts), s.Total) {
		fmt.Fprintf(
			w, partRow, p.Name, page.Grouped(p.Parameters), page.Grouped(p.Trained),
			flopText(p.Forward), flopText(p.Step),
		)
	}
	fmt.Fprintf(
		w, "\nFLOPs are per image (matrix products, attention, convolutions; a multiply-add is "+
			"two); forward is all passes of a training step.\n"+
			"A step: %s forward, %s forward without gradient, %s backward. "+
			"A whole image through the encoder: %s.\n\n",
		flopText(s.Work.Forward), flopText(s.Work.NoGradient), flopText(s.Work.Backward),
		flopText(s.Work.Encode),
	)
	s.Memory.writeText(w, fmt.Sprintf("%s inside blocks, replicas: %d", s.Precision, s.Replicas))
}

const partRow = "%-18s %14s %14s %15s %17s\n"

func (m Memory) writeText(w io.Writer, how string) {
	fmt.Fprintf(w, "memory of a run, %s\n", how)
	for _, row := range []struct {
		name  string
		bytes int
	}{
		{"parameters", m.Parameters},
		{"gradients", m.Gradients},
		{"activations", m.Activation},
		{"optimizer", m.Optimizer},
		{"batches", m.Batches},
		{"queue and bank", m.States},
		{"checkpoint being written", m.Checkpoint},
		{"together, at least", m.Total},
	} {
		fmt.Fprintf(w, "  %-26s %10.1f MB\n", row.name, float64(row.bytes)/1e6)
	}
}

// flopText writes operations with a unit, in three or four digits.
func flopText(n int64) string {
	switch v := float64(n); {
	case v >= 1e12:
		return fmt.Sprintf("%.2f T", v/1e12)
	case v >= 1e9:
		return fmt.Sprintf("%.2f G", v/1e9)
	case v >= 1e6:
		return fmt.Sprintf("%.2f M", v/1e6)
	case v >= 1e3:
		return fmt.Sprintf("%.2f k", v/1e3)
	}
	return strconv.FormatInt(n, 10)
}
