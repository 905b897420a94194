package augment

import "math"

// maxRadius bounds a blur's kernel: three deviations of the widest.
const maxRadius = 6

// blur convolves each plane of a view [C,S,S] with a Gaussian cut off at three sigma, the border
// pixels extended outwards.
func (w *Workspace) blur(view []float32, sigma float64) {
	var kernel [maxRadius + 1]float32 // kernel[d] for the pixels at distance d
	radius := gaussian(&kernel, sigma)
	side := w.side
	w.line = resized(w.line, side+2*maxRadius)
	w.narrowed = resized(w.narrowed, side*side)
	for c := range len(view) / (side * side) {
		plane := view[c*side*side : (c+1)*side*side]
		for y := range side {
			blurRow(
				w.narrowed[y*side:(y+1)*side], plane[y*side:(y+1)*side], w.line, kernel[:radius+1],
			)
		}
		for y := range side {
			out := plane[y*side : (y+1)*side]
			weigh(out, w.narrowed[y*side:(y+1)*side], kernel[0])
			for d := 1; d <= radius; d++ {
				above, below := max(y-d, 0), min(y+d, side-1)
				addPair(
					out, w.narrowed[above*side:(above+1)*side],
					w.narrowed[below*side:(below+1)*side], kernel[d],
				)
			}
		}
	}
}

// gaussian fills a symmetric kernel that sums to 1 and returns its radius.
func gaussian(kernel *[maxRadius + 1]float32, sigma float64) int {
	radius := min(int(math.Ceil(3*sigma)), maxRadius)
	sum := -1. // the middle counts once, the others twice
	var exact [maxRadius + 1]float64
	for d := range radius + 1 {
		exact[d] = math.Exp(-float64(d*d) / (2 * sigma * sigma))
		sum += 2 * exact[d]
	}
	for d := range radius + 1 {
		kernel[d] = float32(exact[d] / sum)
	}
	return radius
}

// blurRow convolves a row, using line for the row with its margins.
func blurRow(out, row, line, kernel []float32) {
	n, radius := len(row), len(kernel)-1
	copy(line[radius:], row)
	for d := range radius {
		line[d], line[radius+n+d] = row[0], row[n-1]
	}
	weigh(out, row, kernel[0])
	for d := 1; d <= radius; d++ {
		addPair(out, line[radius-d:radius-d+n], line[radius+d:radius+d+n], kernel[d])
	}
}

func weigh(out, row []float32, weight float32) {
	for i, v := range row {
		out[i] = weight * v
	}
}

func addPair(out, a, b []float32, weight float32) {
	a, b = a[:len(out)], b[:len(out)]
	for i := range out {
		out[i] += weight * (a[i] + b[i])
	}
}
