package picture

import (
	"errors"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// patches are features of patches, a row each: [rows,D], the N patches of an image below each
// other.
type patches struct{ *mat.Dense }

func newPatches(features []float32, rows int) patches {
	p := patches{mat.NewDense(rows, len(features)/rows, nil)}
	for i, v := range features {
		p.RawMatrix().Data[i] = float64(v)
	}
	return p
}

// withoutPlace takes from every row the mean of those at its place, one of n, and gives the share
// of the variance that went with it.
func (p patches) withoutPlace(n int) float64 {
	rows, d := p.Dims()
	before := p.variance()
	for at := range n {
		mean := make([]float64, d)
		for row := at; row < rows; row += n {
			floats.Add(mean, p.RawRowView(row))
		}
		floats.Scale(float64(n)/float64(rows), mean)
		for row := at; row < rows; row += n {
			floats.Sub(p.RawRowView(row), mean)
		}
	}
	if before == 0 {
		return 0
	}
	return 1 - p.variance()/before
}

// variance is the variance of all features together.
func (p patches) variance() float64 {
	_, d := p.Dims()
	sum := 0.0
	for i := range d {
		sum += stat.PopVariance(mat.Col(nil, i, p), nil)
	}
	return sum
}

// component is a principal component: what each row has of it, 0 to 1 from its 2nd percentile to
// its 98th, and its share of the variance.
type component struct {
	values []float32
	share  float64
}

// principal gives the first three principal components, fewer where D is smaller. Their signs,
// which mean nothing, are such that the largest loading is positive.
func (p patches) principal() ([]component, error) {
	_, d := p.Dims()
	var covariance mat.SymDense
	stat.CovarianceMatrix(&covariance, p, nil)
	var eigen mat.EigenSym
	if !eigen.Factorize(&covariance, true) {
		return nil, errors.New(
			"picture: the patch features have no principal components: their covariance is not " +
				"finite",
		)
	}
	variances, total := eigen.Values(nil), mat.Trace(&covariance) // rising
	var directions mat.Dense
	eigen.VectorsTo(&directions)
	var components []component
	for at := d - 1; at >= max(0, d-3); at-- {
		direction := mat.VecDenseCopyOf(directions.ColView(at))
		if mat.Max(direction) < -mat.Min(direction) {
			direction.ScaleVec(-1, direction)
		}
		var c component
		var values mat.VecDense
		values.MulVec(p, direction)
		c.values = spread(values.RawVector().Data)
		if total > 0 {
			c.share = variances[at] / total
		}
		components = append(components, c)
	}
	return components, nil
}

// spread maps values to 0 to 1, from their 2nd percentile to their 98th; all to 0 where they hardly
// differ.
func spread(values []float64) []float32 {
	sorted := slices.Sorted(slices.Values(values))
	low := stat.Quantile(.02, stat.Empirical, sorted, nil)
	high := stat.Quantile(.98, stat.Empirical, sorted, nil)
	out := make([]float32, len(values))
	for i, v := range values {
		if high > low {
			out[i] = float32(min(max((v-low)/(high-low), 0), 1))
		}
	}
	return out
}
