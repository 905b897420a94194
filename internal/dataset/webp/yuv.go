package webp

import "image"

// convert makes a lossy picture R, G, B, as libwebp does: limited range, black at 16 and white at
// 235, chroma interpolated in both directions. Alpha may be nil.
func convert(img *image.YCbCr, alpha []uint8, alphaStride int) *image.NRGBA {
	width, height := img.Rect.Dx(), img.Rect.Dy()
	out := image.NewNRGBA(image.Rect(0, 0, width, height))
	cb, cr := make([]int, width), make([]int, width)
	for y := range height {
		// rows of chroma: the one that this row lies in, and the neighbour that is nearer
		near, other := y/2, y/2+1-2*(1-y&1)
		other = min(max(other, 0), (height+1)/2-1)
		at := func(row int) int { return row * img.CStride }
		half := (width + 1) / 2
		interpolate(cb, img.Cb[at(near):][:half], img.Cb[at(other):][:half])
		interpolate(cr, img.Cr[at(near):][:half], img.Cr[at(other):][:half])
		luma, to := img.Y[y*img.YStride:], out.Pix[y*out.Stride:]
		for x := range width {
			p := to[4*x : 4*x+4]
			p[0], p[1], p[2] = rgb(int(luma[x]), cb[x], cr[x])
			if p[3] = 255; alpha != nil {
				p[3] = alpha[y*alphaStride+x]
			}
		}
	}
	return out
}

// interpolate makes a row of chroma from the row that it lies in and the next nearest: 9, 3, 3 and
// 1 sixteenths of four samples, rounded in two steps.
func interpolate(out []int, near, other []uint8) {
	n, f := int(near[0]), int(other[0])
	out[0] = (3*n + f + 2) >> 2
	last := (len(out) - 1) / 2
	for x := 1; x <= last; x++ {
		nextN, nextF := int(near[x]), int(other[x])
		sum := n + nextN + f + nextF + 8
		// diagonals: twice the pair that is farther from each of the two
		out[2*x-1] = ((sum+2*(nextN+f))>>3 + n) >> 1
		out[2*x] = ((sum+2*(n+nextF))>>3 + nextN) >> 1
		n, f = nextN, nextF
	}
	if len(out)%2 == 0 {
		out[len(out)-1] = (3*n + f + 2) >> 2
	}
}

// rgb converts in fixed point with 14 bits, of which 8 are dropped at once.
func rgb(y, u, v int) (r, g, b uint8) {
	high := func(v, by int) int { return v * by >> 8 }
	clip := func(v int) uint8 { return uint8(min(max(v, 0), 1<<14-1) >> 6) }
	luma := high(y, 19077)
	return clip(luma + high(v, 26149) - 14234), clip(luma - high(u, 6419) - high(v, 13320) + 8708),
		clip(luma + high(u, 33050) - 17685)
}
