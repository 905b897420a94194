package finetune

import (
	"fmt"
	"io"
	"text/tabwriter"

	"cmae/internal/evaluate"
	"cmae/internal/report"
	"cmae/internal/trainer"
)

// Summary is the result of a run: what the classifier of the last epoch makes of the test images.
type Summary struct {
	Method     evaluate.Method `json:"method"` // Finetuned
	Run        string          `json:"run"`
	Checkpoint string          `json:"checkpoint"`
	Steps      int             `json:"steps"`
	Epochs     int             `json:"epochs"`
	Rollbacks  int             `json:"rollbacks,omitempty"`
	Loss       float64         `json:"loss"` // mean of the last epoch, against mixed and smoothed labels
	Classes    int             `json:"classes"`
	Train      int             `json:"train_images"`
	Test       int             `json:"test_images"`
	evaluate.Score
	// accuracy of a linear probe on the encoder as it came, with which the classifier began
	Probe           *float64 `json:"probe_accuracy,omitempty"`
	Best            Best     `json:"best"`
	Confusion       string   `json:"confusion"`                   // the picture
	ImagesPerSecond float64  `json:"images_per_second,omitempty"` // of this session's last step
	Engine          string   `json:"engine"`
	Precision       string   `json:"precision"`
}

// Best is the highest accuracy after any epoch. It was chosen on the images that evaluate it, so it
// is for information only.
type Best struct {
	Accuracy   float64 `json:"accuracy"`
	Epoch      int     `json:"epoch"` // from 1
	Checkpoint string  `json:"checkpoint"`
}

// WriteText prints the result for people, the score last.
func (s *Summary) WriteText(w io.Writer) error {
	if err := s.WriteClasses(w); err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "finetuned %s\n", report.Printable(s.Run))
	fmt.Fprintf(t, "  images\t%d training, %d test, %d classes\n", s.Train, s.Test, s.Classes)
	fmt.Fprintf(
		t, "  training\t%s, %s, loss %.4f%s\n", report.Count(s.Epochs, "epoch"),
		report.Count(s.Steps, "step"), s.Loss, trainer.Rolled(s.Rollbacks),
	)
	fmt.Fprintf(t, "  checkpoint\t%s\n", report.Printable(s.Checkpoint))
	fmt.Fprintf(t, "  confusion\t%s\n", report.Printable(s.Confusion))
	fmt.Fprintf(
		t, "  best epoch\t%.4f (epoch %d; chosen on these images, for information only)\n",
		s.Best.Accuracy, s.Best.Epoch,
	)
	if s.Probe != nil {
		fmt.Fprintf(t, "  linear probe\t%.4f (of the encoder as it came)\n", *s.Probe)
	}
	s.WriteHeadline(t)
	return t.Flush()
}
