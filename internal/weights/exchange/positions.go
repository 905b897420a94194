package exchange

import "math"

// withCls puts a row of zeros for cls before a table of positions [g*g,D].
func withCls(table []float32, dim int) []float32 { return append(make([]float32, dim), table...) }

// resizePositions makes a table [1+from*from,D] one of [1+to*to,D]: cls as it is, the grid by
// bicubic interpolation without antialiasing, as MAE does for finetuning at another resolution.
func resizePositions(table []float32, from, to, dim int) []float32 {
	out := make([]float32, (1+to*to)*dim)
	copy(out, table[:dim])
	grid, first, weights := table[dim:], make([]int, to), make([][4]float64, to)
	for i := range to {
		first[i], weights[i] = taps(i, from, to)
	}
	at := func(i int) int { return min(max(i, 0), from-1) } // beyond the edge its own value goes on
	for y := range to {
		for x := range to {
			row := out[(1+y*to+x)*dim:][:dim]
			for d := range row {
				sum := 0.0
				for j, wy := range weights[y] {
					for k, wx := range weights[x] {
						sum += wy * wx * float64(grid[(at(first[y]+j)*from+at(first[x]+k))*dim+d])
					}
				}
				row[d] = float32(sum)
			}
		}
	}
	return out
}

// taps are the first of the four places that output i of to mixes, of from in a line, and their
// weights. Centres are at halves.
func taps(i, from, to int) (first int, weights [4]float64) {
	centre := (float64(i)+.5)*float64(from)/float64(to) - .5
	floor := math.Floor(centre)
	for j := range weights {
		weights[j] = cubic(math.Abs(centre - floor + 1 - float64(j)))
	}
	return int(floor) - 1, weights
}

// cubic is the kernel of Keys with a = -3/4, which PyTorch has where it does not antialias; images
// take -1/2 (package augment).
func cubic(x float64) float64 {
	const a = -.75
	if x <= 1 {
		return ((a+2)*x-(a+3))*x*x + 1
	}
	return ((a*x-5*a)*x+8*a)*x - 4*a
}
