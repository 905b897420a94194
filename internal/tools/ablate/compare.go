package ablate

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Difference is a cell's accuracy less that of the first cell, over the seeds that both have: runs
// of one seed see the same images in the same order, so that they are compared in pairs.
type Difference struct {
	Mean  float64
	Pairs int
	// half the width of the 95 % interval of the mean, and p of a two-sided paired t-test; both NaN
	// with fewer than two pairs, or where all differences are equal
	Half, P float64
}

// compare is nil where there is no seed that both have.
func (t *Table) compare(row, baseline Row, e Evaluator) *Difference {
	at := map[uint64]float64{}
	for _, r := range baseline.Runs {
		if v, ok := r.Accuracy[e]; ok {
			at[r.Seed] = v
		}
	}
	var differences []float64
	for _, r := range row.Runs {
		v, ok := r.Accuracy[e]
		if b, paired := at[r.Seed]; ok && paired {
			differences = append(differences, v-b)
		}
	}
	if len(differences) == 0 {
		return nil
	}
	return pairedTest(differences)
}

// pairedTest is Student's t-test of the mean of differences against 0.
func pairedTest(differences []float64) *Difference {
	n := float64(len(differences))
	mean, sd := stat.MeanStdDev(differences, nil)
	d := &Difference{Mean: mean, Pairs: len(differences), Half: math.NaN(), P: math.NaN()}
	if n < 2 || sd < 1e-12 {
		return d
	}
	student, se := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}, sd/math.Sqrt(n)
	d.Half = se * student.Quantile(.975)
	d.P = 2 * student.CDF(-math.Abs(mean/se))
	return d
}
