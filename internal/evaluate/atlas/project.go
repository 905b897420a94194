package atlas

import (
	"errors"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"cmae/internal/evaluate/features"
)

// mostComponents is what is left of a feature before neighbours on the map are sought.
const mostComponents = 50

// unit are the features at length 1, so that their inner products are cosines.
func unit(s features.Set) features.Set {
	u := s
	u.Values = s.AppendUnit(nil, 0, s.Len())
	return u
}

// components are the features' principal components, largest first: [n][at most mostComponents].
func components(s features.Set) ([][]float64, error) {
	n, d := s.Len(), s.Dim
	mean := make([]float64, d)
	for i, v := range s.Values {
		mean[i%d] += float64(v) / float64(n)
	}
	x := mat.NewDense(n, d, nil)
	for i := range n {
		row := x.RawRowView(i)
		for j, v := range s.Row(i) {
			row[j] = float64(v) - mean[j]
		}
	}
	var covariance mat.SymDense
	covariance.SymOuterK(1/float64(n), x.T())
	var eigen mat.EigenSym
	if !eigen.Factorize(&covariance, true) {
		return nil, errors.New("map: the features have no principal components")
	}
	var vectors, projected mat.Dense
	eigen.VectorsTo(&vectors)
	k := min(mostComponents, d)
	projected.Mul(x, vectors.Slice(0, d, d-k, d)) // whose columns ascend
	out := make([][]float64, n)
	for i := range out {
		out[i] = make([]float64, k)
		for j := range k {
			out[i][j] = projected.At(i, k-1-j)
		}
	}
	return out, nil
}

// asFeatures are components as a set, for a search of neighbours.
func asFeatures(s features.Set, components [][]float64) features.Set {
	s.Dim, s.Values = len(components[0]), nil
	for _, c := range components {
		for _, v := range c {
			s.Values = append(s.Values, float32(v))
		}
	}
	return s
}

// rounds of k-means: more than it usually takes to settle.
const rounds = 60

// cluster is k-means from centres by k-means++: the cluster of each point, clusters by size, and
// its squared distance to the centre.
func cluster(points [][]float64, k int, random *rand.Rand) (of []int, distance []float64) {
	centres := spread(points, k, random)
	of, distance = make([]int, len(points)), make([]float64, len(points))
	for range rounds {
		moved := make([]bool, len(points))
		parallel(len(points), func(i int) {
			best, at := math.Inf(1), 0
			for c, centre := range centres {
				if d := squared(points[i], centre); d < best {
					best, at = d, c
				}
			}
			moved[i] = of[i] != at
			of[i], distance[i] = at, best
		})
		count := make([]float64, len(centres))
		sums := make([][]float64, len(centres))
		for c := range sums {
			sums[c] = make([]float64, len(points[0]))
		}
		change := false
		for i, p := range points {
			change = change || moved[i]
			count[of[i]]++
			for j, v := range p {
				sums[of[i]][j] += v
			}
		}
		for c := range centres {
			for j := range centres[c] {
				if count[c] > 0 {
					centres[c][j] = sums[c][j] / count[c]
				}
			}
		}
		if !change {
			break
		}
	}
	return bySize(of, len(centres)), distance
}

// spread picks first centres: each far from those before (k-means++).
func spread(points [][]float64, k int, random *rand.Rand) [][]float64 {
	centres := [][]float64{append([]float64{}, points[random.IntN(len(points))]...)}
	far := make([]float64, len(points))
	for i := range far {
		far[i] = math.Inf(1)
	}
	for len(centres) < min(k, len(points)) {
		total := 0.
		for i, p := range points {
			far[i] = min(far[i], squared(p, centres[len(centres)-1]))
			total += far[i]
		}
		if total == 0 { // fewer different points than clusters
			break
		}
		at, left := 0, total*random.Float64()
		for at < len(points)-1 && left >= far[at] {
			left -= far[at]
			at++
		}
		centres = append(centres, append([]float64{}, points[at]...))
	}
	return centres
}

func squared(a, b []float64) (sum float64) {
	for j, v := range a {
		sum += (v - b[j]) * (v - b[j])
	}
	return sum
}

// bySize numbers clusters anew, the largest first, without those that are empty.
func bySize(of []int, k int) []int {
	count := make([]int, k)
	for _, c := range of {
		count[c]++
	}
	name := make([]int, k)
	for c, n := range count {
		for other, m := range count {
			if m > n || m == n && other < c {
				name[c]++
			}
		}
	}
	out := make([]int, len(of))
	for i, c := range of {
		out[i] = name[c]
	}
	return out
}
