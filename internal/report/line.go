package report

import (
	"io"
	"strings"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"
)

// The cells between the ends of a bar: with fewer than the least it says nothing, more than the
// most say no more.
const (
	leastCells = 8
	mostCells  = 24
)

// barFrame is what stands around the cells of a bar: a space, the share in percent, another, the
// bar's two ends.
const barFrame = len(" 100% ||")

// line is the task's state within so many columns: name and share, the bar, notes, time left. Where
// there is little room notes go, the last first; before the first of them goes the bar, then the
// time left.
func (t *Task) line(columns int) string {
	head, notes, left := t.share(), t.notes, t.left()
	for len(notes) > 1 && length(head, notes, left)+barFrame+leastCells > columns {
		notes = notes[:len(notes)-1]
	}
	cells := columns - length(head, notes, left) - barFrame
	if cells >= leastCells && t.total > 0 {
		return tail(head+" "+bar(t.done, t.total, min(cells, mostCells)), notes, left)
	}
	notes = t.notes
	for len(notes) > 0 && length(head, notes, left) > columns {
		notes = notes[:len(notes)-1]
	}
	if length(head, notes, left) > columns {
		left = ""
	}
	text := []rune(tail(head, notes, left))
	return string(text[:min(len(text), max(columns, 0))])
}

// tail appends notes and time left to the head of a line.
func tail(head string, notes []string, left string) string {
	for _, part := range []string{strings.Join(notes, " "), left} {
		if part != "" {
			head += "  " + part
		}
	}
	return head
}

// length is the number of columns of a line without a bar.
func length(head string, notes []string, left string) int {
	return utf8.RuneCountInString(tail(head, notes, left))
}

// bar is the share in percent and so many cells.
func bar(done, total, cells int) string {
	b := progressbar.NewOptions(
		total, progressbar.OptionSetWriter(io.Discard), progressbar.OptionSetWidth(cells),
		progressbar.OptionSetPredictTime(false),
	)
	_ = b.Set(done)
	_ = b.RenderBlank() // Set draws whole percents only
	return strings.TrimRight(strings.TrimPrefix(b.String(), "\r "), " ")
}
