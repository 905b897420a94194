package augment

import "math"

// resize writes what the planned axes make of the image to dst [C,S,S], 0 to 1. Horizontal first,
// for the rows that the vertical pass needs; nothing is rounded between.
func (w *Workspace) resize(dst []float32, img Image) {
	columns, rows := w.columns.source, w.rows.source
	channels := w.config.Channels()
	w.line = resized(w.line, channels*columns.length)
	w.narrowed = resized(w.narrowed, channels*rows.length*w.side)
	plane := rows.length * w.side
	for y := range rows.length {
		at := channels * ((rows.first+y)*img.Width + columns.first)
		for i, v := range img.Pix[at : at+len(w.line)] {
			w.line[i] = float32(v) * (1. / 255)
		}
		out := w.narrowed[y*w.side:]
		if channels == 3 {
			w.columns.horizontal(
				out[:w.side], out[plane:plane+w.side], out[2*plane:2*plane+w.side], w.line,
			)
			continue
		}
		for c := range channels {
			w.columns.channel(out[c*plane:][:w.side], w.line[c:], channels)
		}
	}
	for c := range channels {
		w.rows.vertical(
			dst[c*w.side*w.side:(c+1)*w.side*w.side], w.narrowed[c*plane:(c+1)*plane], w.side,
		)
	}
}

// channel resizes one channel of a row of interleaved pixels, whose first value line begins with.
func (a *axis) channel(out, line []float32, channels int) {
	for x, first := range a.first {
		from := first - a.source.first
		var sum float32
		for j, weight := range a.weights[x*a.taps : (x+1)*a.taps] {
			sum += weight * line[(from+j)*channels]
		}
		out[x] = sum
	}
}

// horizontal is channel for the three of colours at once.
func (a *axis) horizontal(red, green, blue, line []float32) {
	for x, first := range a.first {
		weights := a.weights[x*a.taps : (x+1)*a.taps]
		from := 3 * (first - a.source.first)
		pixels := line[from : from+3*len(weights)]
		var r, g, b float32
		for j, weight := range weights {
			p := pixels[3*j : 3*j+3 : 3*j+3]
			r += weight * p[0]
			g += weight * p[1]
			b += weight * p[2]
		}
		red[x], green[x], blue[x] = r, g, b
	}
}

// vertical resizes one plane with the given row length and clamps the overshoot at edges.
func (a *axis) vertical(dst, src []float32, width int) {
	for y, first := range a.first {
		out := dst[y*width : (y+1)*width]
		from := src[(first-a.source.first)*width:]
		weights := a.weights[y*a.taps : (y+1)*a.taps]
		clear(out)
		for ; len(weights) >= 4; weights, from = weights[4:], from[4*width:] {
			addRows4(out, from, weights)
		}
		for j, weight := range weights {
			for x, v := range from[j*width : (j+1)*width] {
				out[x] += weight * v
			}
		}
		for x, v := range out {
			out[x] = clamp(v)
		}
	}
}

// addRows4 adds four weighted rows to out in one pass over it: a view takes 1.4 to 1.9 times as
// long row by row.
func addRows4(out, rows, weights []float32) {
	n := len(out)
	a, b, c, d := rows[:n], rows[n:2*n], rows[2*n:3*n], rows[3*n:4*n]
	b, c, d = b[:len(a)], c[:len(a)], d[:len(a)]
	k0, k1, k2, k3 := weights[0], weights[1], weights[2], weights[3]
	for x := range a {
		out[x] += k0*a[x] + k1*b[x] + k2*c[x] + k3*d[x]
	}
}

// clamp limits a value to 0 to 1 without a branch: the bits of positive floats are ordered as
// integers, those of negative ones are negative.
func clamp(v float32) float32 {
	const one = 0x3f800000
	return math.Float32frombits(uint32(min(max(int32(math.Float32bits(v)), 0), one)))
}
