package chart

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
)

// scale is how a value becomes a place on an axis. A logarithmic one is a plot of logarithms,
// because plot.LogScale puts an axis' label outside the axis' middle.
type scale func(v float64) float64

// fit gives an axis its range around the values and its ticks, and returns its scale.
func (a Axis) fit(p *plot.Axis, values []float64) scale {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	if a.Log > 0 && low > 0 && high/low >= a.Log {
		low, high = math.Log10(low), math.Log10(high)
		room := .05 * (high - low)
		p.Min, p.Max, p.Tick.Marker = low-room, high+room, ticks{log: true}
		return math.Log10
	}
	least := a.Least
	if least == 0 {
		least = max(math.Abs(high)/10, 1e-9)
	}
	room := max(.05*(high-low), (least-(high-low))/2)
	p.Min, p.Max, p.Tick.Marker = low-room, high+room, ticks{}
	if a.Bare {
		p.Tick.Marker = plot.ConstantTicks(nil)
	}
	if a.Zero {
		p.Min, p.Max = 0, max(high, least)
	}
	return func(v float64) float64 { return v }
}

// ticks mark an axis at 1, 2 and 5 times powers of ten: about five of them, or on an axis of
// logarithms all that have room.
type ticks struct{ log bool }

var _ plot.Ticker = ticks{}

// Ticks implements plot.Ticker.
func (t ticks) Ticks(low, high float64) (all []plot.Tick) {
	if t.log {
		return logTicks(low, high)
	}
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
	write := label
	if step < 1e-3 { // all ticks of an axis are written alike
		write = exponent
	}
	// an integer has no -0
	for i := int(math.Ceil(low/step - 1e-9)); float64(i)*step <= high+1e-9*step; i++ {
		all = append(all, plot.Tick{Value: float64(i) * step, Label: write(float64(i) * step)})
	}
	return all
}

// logTicks leaves 2 and 5 out over more than three decades, and powers over more than eight.
func logTicks(low, high float64) (all []plot.Tick) {
	times := []float64{1, 2, 5}
	if high-low > 3 {
		times = times[:1]
	}
	for power := math.Floor(low); power <= high; power += max(1, math.Ceil((high-low)/8)) {
		for _, m := range times {
			v := m * math.Pow(10, power)
			if at := math.Log10(v); at >= low && at <= high {
				all = append(all, plot.Tick{Value: at, Label: label(v)})
			}
		}
	}
	return all
}

// label is a number without the last digits that only rounding put there: 25k for 25000, 2e-4 for
// .0002.
func label(v float64) string {
	short := func(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
	a := math.Abs(v)
	if a > 0 && a < 1e-3 {
		return exponent(v)
	}
	if a >= 1e4 && a < 1e15 {
		thousands := 1
		for a /= 1e3; a >= 1e3; a /= 1e3 {
			thousands++
		}
		return short(math.Copysign(a, v)) + []string{"k", "M", "G", "T"}[thousands-1]
	}
	return short(v)
}

// exponent is a small number as 2e-4.
func exponent(v float64) string {
	mantissa, power, small := strings.Cut(strconv.FormatFloat(v, 'e', 5, 64), "e-")
	if v == 0 || !small {
		return strconv.FormatFloat(v, 'g', 6, 64)
	}
	return strings.TrimRight(strings.TrimRight(mantissa, "0"), ".") + "e-" +
		strings.TrimLeft(power, "0")
}
