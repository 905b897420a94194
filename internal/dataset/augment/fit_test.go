package augment

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"
)

// TestFitEqualsPillow holds evaluation views against testdata/fit.json, which fit.py beside it
// made. The values there have two decimals.
func TestFitEqualsPillow(t *testing.T) {
	text, err := os.ReadFile("testdata/fit.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Width, Height, Side int
		How                 Fitting
		Share               float64
		View                []float32
	}
	if err := json.Unmarshal(text, &cases); err != nil || len(cases) == 0 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, c := range cases {
		name := fmt.Sprintf("%s %v %dx%d to %d", c.How, c.Share, c.Width, c.Height, c.Side)
		t.Run(name, func(t *testing.T) {
			img := Image{Width: c.Width, Height: c.Height}
			for at := range c.Width * c.Height {
				x, y := at%c.Width, at/c.Width
				for channel := range 3 {
					img.Pix = append(img.Pix, uint8(7*x+13*y+50*channel+x*y))
				}
			}
			view := make([]float32, 3*c.Side*c.Side)
			NewWorkspace(plain(), c.Side).Whole(
				view, img, Fit{c.How, c.Share, [3]uint8{255, 128, 0}},
			)
			for i, v := range view {
				if math.Abs(float64(255*v-c.View[i])) > .02 {
					t.Fatalf("value %d is %v, Pillow's %v", i, 255*v, c.View[i])
				}
			}
		})
	}
}
