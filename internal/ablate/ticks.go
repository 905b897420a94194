package ablate

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// niceTicks marks an axis at 1, 2 and 5 times powers of ten, with k and M for thousands and millions.
type niceTicks struct{ log bool }

var _ plot.Ticker = niceTicks{}

// Ticks gives a handful of labelled marks between low and high.
func (t niceTicks) Ticks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	if t.log {
		for power := math.Pow(10, math.Floor(math.Log10(low))); power <= high; power *= 10 {
			for _, m := range []float64{1, 2, 5} {
				if v := m * power; v >= low && v <= high {
					ticks = append(ticks, plot.Tick{Value: v, Label: tickText(v)})
				}
			}
		}
		return ticks
	}
	step := niceStep((high - low) / 7)
	for i := math.Ceil(low / step); i*step <= high; i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: tickText(i * step)})
	}
	return ticks
}

// niceStep is the least of 1, 2 and 5 times a power of ten that is not below v.
func niceStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= v {
			return m * power
		}
	}
	return 10 * power
}

func tickText(v float64) string {
	short := func(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
	switch a := math.Abs(v); {
	case a >= 1e6:
		return short(v/1e6) + "M"
	case a >= 1e4:
		return short(v/1e3) + "k"
	}
	return short(v)
}
