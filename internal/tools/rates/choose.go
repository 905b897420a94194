package rates

import "math"

const (
	leastSteps = 20
	memory     = .9 // of the moving mean of the losses
	// a loss that rose by this share of all that it had fallen is broken
	rise = .5
)

// add takes the loss of a step. Smooth is its moving mean, without the bias of its beginning.
func (r *Result) add(rate, loss float64) {
	n, mean := len(r.Points), loss
	if n > 0 {
		last := r.Points[n-1].Smooth * (1 - math.Pow(memory, float64(n))) // with the bias
		mean = (memory*last + (1-memory)*loss) / (1 - math.Pow(memory, float64(n+1)))
	}
	r.Points = append(r.Points, Point{rate, loss, mean})
}

// lowest is the index of the lowest smooth loss.
func (r *Result) lowest() (at int) {
	for i, p := range r.Points {
		if p.Smooth < r.Points[at].Smooth {
			at = i
		}
	}
	return at
}

// broken reports whether the loss has risen for good.
func (r *Result) broken() bool {
	n := len(r.Points)
	if n < leastSteps/2 {
		return false
	}
	low, last := r.Points[r.lowest()].Smooth, r.Points[n-1].Smooth
	return last > low+max(rise*(r.Points[0].Smooth-low), .25*math.Abs(r.Points[0].Smooth))
}

// choose finds where the loss falls fastest and where it is lowest: rates worth trying lie between.
func (r *Result) choose() {
	if len(r.Points) < leastSteps/2 {
		return
	}
	if r.broken() {
		r.Breaks = r.Points[len(r.Points)-1].BaseLR
	}
	r.centre(max(1, len(r.Points)/20))
	steepest, around := 0.0, max(2, len(r.Points)/10)
	for i := around; i <= min(r.lowest(), len(r.Points)-1-around); i++ {
		if s := slope(r.Points[i-around : i+around+1]); s < steepest {
			steepest, r.Fastest = s, round(r.Points[i].BaseLR)
		}
	}
	low := r.Points[r.lowest()]
	if r.Lowest = round(low.BaseLR); low.Smooth >= r.Points[0].Smooth {
		r.Fastest = 0
	}
}

// centre makes the smooth losses means over as many steps before as after each: those of a test
// under way, over the steps before alone, come late.
func (r *Result) centre(around int) {
	for i := range r.Points {
		near := r.Points[max(0, i-around):min(len(r.Points), i+around+1)]
		r.Points[i].Smooth = 0
		for _, p := range near {
			r.Points[i].Smooth += p.Loss / float64(len(near))
		}
	}
}

// slope is how steep the line through the losses of consecutive steps is, by least squares.
func slope(points []Point) float64 {
	middle, along, across := float64(len(points)-1)/2, 0.0, 0.0
	for i, p := range points {
		x := float64(i) - middle
		along, across = along+x*p.Loss, across+x*x
	}
	return along / across
}

// round keeps two digits: the test says no more.
func round(v float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(v))-1)
	return math.Round(v/unit) * unit
}
