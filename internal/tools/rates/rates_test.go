package rates

import (
	"bytes"
	"context"
	"math"
	"strings"
	"testing"

	"cmae/internal/method"
)

// TestChoose: a loss that falls from 1e-4 on, fastest around 1e-3, is lowest at 1e-2 and breaks
// above.
func TestChoose(t *testing.T) {
	o := Options{Steps: 100, Low: 1e-5, High: 1}
	r := &Result{}
	for step := range o.Steps {
		rate := o.at(step)
		loss := 1.6 - .4*math.Tanh(2*math.Log10(rate/1e-3))
		if rate > 1e-2 {
			loss = 1.2 + 3*math.Log10(rate/1e-2)
		}
		if r.add(rate, loss); r.broken() {
			break
		}
	}
	r.choose()
	if r.Fastest < 6e-4 || r.Fastest > 1.7e-3 || r.Lowest < 5e-3 || r.Lowest > 5e-2 {
		t.Errorf("fastest at %g, lowest at %g", r.Fastest, r.Lowest)
	}
	if r.Breaks < 1e-2 || r.Breaks > .2 {
		t.Errorf("breaks at %g", r.Breaks)
	}
	flat := &Result{}
	for step := range o.Steps {
		flat.add(o.at(step), 2+float64(step)/1000)
	}
	if flat.choose(); flat.Fastest != 0 || flat.Breaks != 0 {
		t.Errorf("a loss that never falls: %+v", flat.Fastest)
	}
	if round(.0037641) != .0038 {
		t.Errorf("rounded to %v", round(.0037641))
	}
}

// TestRun trains on a few images, over more than an epoch, and goes on to the rate that breaks it.
func TestRun(t *testing.T) {
	c := method.Default()
	c.Engine, c.Precision, c.Threads, c.Data.CacheDir = "portable", "f32", 1, t.TempDir()
	c.Data.Limit, c.Train.BatchSize = 40, 10
	c.Model.Dim, c.Model.Depth, c.Model.Heads, c.Model.PatchSize = 16, 1, 2, 7
	c.Decoder.Dim, c.Decoder.Depth = 16, 1
	c.Contrast.Hidden, c.Contrast.Out = 16, 8
	r, err := Run(context.Background(), c, Options{Steps: 40, Low: 1e-4, High: 1e4}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Points) < leastSteps || r.Epochs != 10 || r.Points[0].BaseLR != 1e-4 {
		t.Errorf("%d points in %v epochs", len(r.Points), r.Epochs)
	}
	var text bytes.Buffer
	if r.WriteText(&text); !strings.Contains(text.String(), "optim.base_lr") {
		t.Errorf("%s", text.String())
	}
	if picture, err := r.Draw("rates", ".png"); err != nil || len(picture) < 1000 {
		t.Errorf("picture of %d bytes: %v", len(picture), err)
	}
	for _, bad := range []Options{
		{Steps: 5, Low: 1, High: 2}, {Steps: 50, Low: 2, High: 1}, {Steps: 50, High: 1},
	} {
		if bad.Check() == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}
