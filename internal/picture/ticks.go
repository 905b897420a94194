package picture

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// roundTicks marks an axis at multiples of 1, 2 or 5 times a power of ten, about five of them.
type roundTicks struct{}

var _ plot.Ticker = roundTicks{}

// Ticks implements plot.Ticker.
func (roundTicks) Ticks(low, high float64) []plot.Tick {
	const wanted = 5
	rough := (high - low) / wanted
	if !(rough > 0) || math.IsInf(rough, 0) {
		return []plot.Tick{{Value: low, Label: label(low)}}
	}
	unit := math.Pow(10, math.Floor(math.Log10(rough)))
	step := 10 * unit
	for _, s := range []float64{1, 2, 5} {
		if s*unit >= rough*.8 {
			step = s * unit
			break
		}
	}
	var ticks []plot.Tick
	for i := int(math.Ceil(low/step - 1e-9)); float64(i)*step <= high+1e-9*step; i++ { // an integer has no -0
		ticks = append(ticks, plot.Tick{Value: float64(i) * step, Label: label(float64(i) * step)})
	}
	return ticks
}

// label is a number without the last digits that only rounding put there.
func label(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
