package ablate

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"cmae/internal/contrastivecrop"
	"cmae/internal/report"
)

// Markdown is the table for people: aligned, so that it reads as plain text too.
func (t *Table) Markdown() string {
	head := []string{"cell"}
	for _, e := range t.Evaluators {
		head = append(head, e.title()+" %")
	}
	rows := [][]string{
		append(
			head, "epochs", "MFLOP/image-step", "GFLOP", "seconds", "decoder params",
			"encoder params", "loss", "note",
		),
	}
	for _, r := range t.Rows {
		row := []string{report.Printable(r.Name)}
		for _, e := range t.Evaluators {
			row = append(row, r.Accuracy[e].text(100, 1))
		}
		row = append(
			row, strconv.Itoa(r.Epochs), fmt.Sprintf("%.2f", float64(r.StepFLOPs)/1e6),
			giga(r.RunFLOPs), r.Seconds.text(1, 1), strconv.Itoa(r.DecoderParameters),
			strconv.Itoa(r.EncoderParameters), r.Loss.text(1, 4), r.note(len(t.Seeds)),
		)
		rows = append(rows, row)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Ablation: %s\n\n", t.Name)
	writeAligned(&b, rows)
	fmt.Fprintf(
		&b,
		"\nAccuracy on %s. Of pretraining: epochs, FLOPs of one training step, GFLOP and seconds "+
			"of the whole run, loss of the last epoch.\n",
		t.evaluatedOn(),
	)
	seeds := make([]string, len(t.Seeds))
	for i, s := range t.Seeds {
		seeds[i] = strconv.FormatUint(s, 10)
	}
	if len(seeds) > 1 {
		fmt.Fprintf(
			&b, "Mean ± standard deviation over seeds %s, where no note says otherwise.",
			strings.Join(seeds, ", "),
		)
	} else {
		fmt.Fprintf(&b, "Seed %s.", seeds[0])
	}
	fmt.Fprint(
		&b,
		" Cells of equal GFLOP had equal compute; seconds compare only on a machine that does "+
			"nothing else.\n\nWhat each cell sets:\n\n",
	)
	for _, r := range t.Rows {
		own := "nothing of its own"
		if len(r.Set) > 0 {
			own = "`" + strings.Join(r.Set, " ") + "`"
		}
		fmt.Fprintf(&b, "- %s: %s\n", report.Printable(r.Name), report.Printable(own))
	}
	return b.String()
}

// giga is a number of operations in units of 1e9.
func giga(operations int64) string {
	if operations < 100e9 {
		return fmt.Sprintf("%.2f", float64(operations)/1e9)
	}
	return fmt.Sprintf("%.0f", float64(operations)/1e9)
}

// text is the statistic times scale, with decimals.
func (s *Stat) text(scale float64, decimals int) string {
	if s == nil {
		return "–"
	}
	text := strconv.FormatFloat(scale*s.Mean, 'f', decimals, 64)
	if s.SD != nil {
		text += " ± " + strconv.FormatFloat(scale**s.SD, 'f', decimals, 64)
	}
	return text
}

// note says what is missing of a cell's runs and why, and how large ContrastiveCrop's boxes were.
func (r *Row) note(seeds int) string {
	var notes, reasons []string
	failed := map[string][]string{} // seeds by reason
	for _, f := range r.Failures {
		reason := report.Printable(strings.Join(strings.Fields(f.Reason), " "))
		if failed[reason] == nil {
			reasons = append(reasons, reason)
		}
		failed[reason] = append(failed[reason], strconv.FormatUint(f.Seed, 10))
	}
	for _, reason := range reasons {
		notes = append(
			notes, fmt.Sprintf("seed %s FAILED: %s", strings.Join(failed[reason], ", "), reason),
		)
	}
	if r.Left > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d seeds to do", r.Left, seeds))
	}
	if r.BoxArea != nil {
		area := fmt.Sprintf("boxes of mean area %s", r.BoxArea.text(1, 2))
		if r.BoxArea.Mean > contrastivecrop.Inert {
			area += ": crops hardly differ from plain ones"
		}
		notes = append(notes, area)
	}
	return strings.ReplaceAll(strings.Join(notes, "; "), "|", `\|`)
}

// writeAligned writes rows, the first as head: the first and the last column to the left, numbers
// to the right.
func writeAligned(b *strings.Builder, rows [][]string) {
	columns := len(rows[0])
	widths := make([]int, columns)
	for _, row := range rows {
		for i, text := range row[:columns-1] {
			widths[i] = max(widths[i], utf8.RuneCountInString(text))
		}
	}
	widths[columns-1] = len(rows[0][columns-1])
	for n, row := range rows {
		for i, text := range row {
			pad := strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(text)))
			if i == 0 || i == columns-1 {
				text += pad
			} else {
				text = pad + text
			}
			fmt.Fprintf(b, "| %s ", text)
		}
		b.WriteString("|\n")
		if n > 0 {
			continue
		}
		for i, w := range widths {
			end := ":"
			if i == 0 || i == columns-1 {
				end = "-"
			}
			fmt.Fprintf(b, "|%s%s", strings.Repeat("-", w+1), end)
		}
		b.WriteString("|\n")
	}
}
