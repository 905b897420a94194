package predict

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"cmae/internal/report"
)

// WriteText prints a line an image for people, who have width columns: runners-up that do not fit
// are left out.
func (r *Result) WriteText(w io.Writer, width int) error {
	var lines strings.Builder
	t := tabwriter.NewWriter(&lines, 0, 0, 2, ' ', 0)
	for _, image := range r.Images {
		best := image.Predictions[0]
		fmt.Fprintf(
			t, "%s\t%s\t%.4f\t\n", report.Printable(image.Path), report.Printable(best.Class),
			best.Probability,
		)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for i, line := range strings.Split(strings.TrimSuffix(lines.String(), "\n"), "\n") {
		text, separator := strings.TrimRight(line, " "), "   "
		for _, p := range r.Images[i].Predictions[1:] {
			more := fmt.Sprintf("%s%s %.4f", separator, report.Printable(p.Class), p.Probability)
			if utf8.RuneCountInString(text)+utf8.RuneCountInString(more) > width {
				break
			}
			text, separator = text+more, ", "
		}
		if _, err := fmt.Fprintln(w, text); err != nil {
			return err
		}
	}
	return nil
}

// WriteCSV prints a header, then a line an image: path,label,probability,label2,probability2,...
// Each number has the fewest digits that give it back.
func (r *Result) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	record := []string{"path"}
	for i := range r.Images[0].Predictions {
		rank := ""
		if i > 0 {
			rank = strconv.Itoa(i + 1)
		}
		record = append(record, "label"+rank, "probability"+rank)
	}
	if err := out.Write(record); err != nil {
		return err
	}
	for _, image := range r.Images {
		record = append(record[:0], image.Path)
		for _, p := range image.Predictions {
			record = append(record, p.Class, strconv.FormatFloat(p.Probability, 'g', -1, 64))
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
