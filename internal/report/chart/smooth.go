package chart

import "gonum.org/v1/plot/plotter"

const (
	mostPoints = 1500 // that a line is drawn with: more would only make the file large
	smoothing  = 80   // a moving mean takes in one in so many of a line's points to either side
)

// LeastSmoothed is the number of points from which a line is better read as a moving mean.
const LeastSmoothed = 2 * smoothing

func (l Line) smoothed() bool { return l.Smooth && l.Band == nil && len(l.Points) >= LeastSmoothed }

// thinned are the points, averaged over neighbours if they are too many.
func (l Line) thinned() plotter.XYs {
	bin := (len(l.Points) + mostPoints - 1) / mostPoints
	if bin < 2 {
		return l.Points
	}
	var few plotter.XYs
	for from := 0; from < len(l.Points); from += bin {
		few = append(few, MeanOf(l.Points[from:min(from+bin, len(l.Points))]))
	}
	return few
}

// moving replaces every value by the mean of its neighbourhood, which is as long on both sides and
// so leaves straight lines as they are.
func moving(points plotter.XYs) plotter.XYs {
	reach := len(points) / smoothing
	out := make(plotter.XYs, len(points))
	for i, q := range points {
		near := min(reach, i, len(points)-1-i)
		out[i] = XY{X: q.X, Y: MeanOf(points[i-near : i+near+1]).Y}
	}
	return out
}

// MeanOf is the mean of each coordinate.
func MeanOf(points []XY) (mean XY) {
	for _, q := range points {
		mean.X += q.X / float64(len(points))
		mean.Y += q.Y / float64(len(points))
	}
	return mean
}
