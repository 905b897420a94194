package main

import (
	"bytes"
	"testing"

	"cmae/internal/dataset"
)

// TestNamesDoNotMoveTheCursor: whatever files are called, data verify writes a line a fact, and no
// escape sequence.
func TestNamesDoNotMoveTheCursor(t *testing.T) {
	const odd = "a\n\x1b[31m.png"
	var out bytes.Buffer
	a := &app{out: &out}
	a.dataTable(dataset.Report{
		Format: dataset.ImageFiles, Path: odd,
		Splits:   []dataset.SplitReport{{Name: odd, LeftOut: []dataset.LeftOut{{Path: odd, Reason: odd}}}},
		Bad:      []dataset.BadFile{{Path: odd, Reason: odd}},
		Notes:    []string{odd},
		Warnings: []string{odd},

		Duplicates: []dataset.Twins{{First: odd, Second: odd}},
		Conflicts:  []dataset.Twins{{First: odd, Second: odd}},
	})
	const shown = `a\n\x1b[31m.png`
	want := "images " + shown + "\n" +
		shown + " 0 images, no labels, 0 to 0 px, 0 with a box, 0 bad, 0 ignored\n" +
		"no evaluation split\nnote: " + shown + "\nwarning: " + shown + "\n" +
		"bad: " + shown + ": " + shown + "\nleft out: " + shown + ": " + shown + "\n" +
		"in both splits: " + shown + " = " + shown + "\nin two classes: " + shown + " = " + shown + "\n"
	if got := out.String(); got != want {
		t.Errorf("%q\nwant\n%q", got, want)
	}
}
