package chart

import (
	"bytes"
	"fmt"
	"image/png"
	"math"
	"strings"
	"testing"
)

// example has a long line, a short one, a logarithmic axis and marks.
func example() Sheet {
	long, short := Line{Series: 0, Smooth: true}, Line{Series: 1}
	for i := range 400 {
		long.Points = append(long.Points, XY{X: float64(i), Y: 100 / float64(i+1)})
	}
	for i := range 3 {
		short.Points = append(short.Points, XY{X: 100 * float64(i), Y: 50})
	}
	return Sheet{
		Title: "A title", Note: "a note", Series: []string{
			"first", "second", strings.Repeat("x", 60), "never drawn",
		}, Columns: 2,
		Panels: []Panel{
			{
				Title: "Lines", X: Axis{Label: "time, s", Zero: true},
				Y: Axis{Label: "loss", Log: 20}, Lines: []Line{long, short},
			},
			{
				X: Axis{Label: "size"}, Y: Axis{Label: "accuracy, %", Least: 1},
				Marks: []Mark{{0, 1, 50, 2}, {1, 1, 50, 0}, {2, 3, 50.1, 0}},
			},
			{
				X: Axis{Label: "nothing"}, Y: Axis{Label: "differs"},
				Marks: []Mark{{0, 0, 0, 0}, {1, 0, 0, 0}},
			},
		},
	}
}

func TestDraw(t *testing.T) {
	picture, err := example().Draw(".png")
	if err != nil {
		t.Fatal(err)
	}
	again, err := example().Draw(".png")
	if err != nil || !bytes.Equal(picture, again) {
		t.Errorf("the same sheet has other bytes: %v", err)
	}
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	if got := img.Bounds().Dx(); got != 780 {
		t.Errorf("two columns are %d px wide", got)
	}
	inks := map[any]int{}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			inks[img.At(x, y)]++
		}
	}
	for i, least := range []int{300, 300, 20} {
		if inks[colour(i)] < least {
			t.Errorf("series %d has %d px of its colour, want %d", i, inks[colour(i)], least)
		}
	}
	svg, err := example().Draw(".svg")
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{
		"A title", "a note; pale: steps", "first", "second", strings.Repeat("x", 39) + "…", "Lines",
		"time, s", "accuracy, %",
	} {
		if !bytes.Contains(svg, []byte(word)) {
			t.Errorf("the SVG lacks %q", word)
		}
	}
	if bytes.Contains(svg, []byte("never drawn")) {
		t.Error("the legend names what no panel shows")
	}
	if _, err := example().Draw(".gif"); err == nil {
		t.Error("a GIF was drawn")
	}
}

func TestSeriesLookDifferent(t *testing.T) {
	seen := map[string]int{}
	for i := range len(colours) * len(shapes) {
		g := glyph(i)
		look := fmt.Sprintf("%v %T", g.Color, g.Shape)
		if j, ok := seen[look]; ok {
			t.Fatalf("marks %d and %d look the same", j, i)
		}
		seen[look] = i
	}
	for i := range len(colours) {
		if fmt.Sprint(dashes(i)) == fmt.Sprint(dashes(i+len(colours))) {
			t.Errorf("lines %d and %d look the same", i, i+len(colours))
		}
	}
}

// A mean over a symmetric neighbourhood leaves a straight line as it is.
func TestMovingKeepsLines(t *testing.T) {
	var line []XY
	for i := range 400 {
		line = append(line, XY{X: float64(i), Y: 3 * float64(i)})
	}
	for i, q := range moving(line) {
		if math.Abs(q.Y-line[i].Y) > 1e-9 {
			t.Fatalf("point %d: %v, want %v", i, q.Y, line[i].Y)
		}
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		log       bool
		low, high float64
		want      string
	}{
		{false, 0, 3, "0 0.5 1 1.5 2 2.5 3"},
		{false, 0, 300, "0 50 100 150 200 250 300"},
		{false, 0, .00075, "0 2e-4 4e-4 6e-4"},
		{false, 0, .002, "0 5e-4 1e-3 1.5e-3 2e-3"},
		{false, -1e-9, 1, "0 0.2 0.4 0.6 0.8 1"},
		{false, 2, 2, "2"},
		{false, 49.2, 50.1, "49.2 49.4 49.6 49.8 50"},
		{false, 0, 2e5, "0 50k 100k 150k 200k"},
		{true, 9e3, 4e5, "10k 20k 50k 100k 200k"},
		{true, .3, 400, "1 10 100"},
		{true, 1e-4, 1e12, "1e-4 0.01 1 100 10k 1M 100M 10G 1T"},
	} {
		var got []string
		if c.log {
			c.low, c.high = math.Log10(c.low), math.Log10(c.high)
		}
		for _, tick := range (ticks{c.log}).Ticks(c.low, c.high) {
			got = append(got, tick.Label)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%v to %v: %v, want %s", c.low, c.high, got, c.want)
		}
	}
}
