package dataset

// shrink reduces an image whose shorter side is above limit so that it equals limit, keeping the
// aspect. Each new pixel is the mean of the area it covers, columns first, then rows.
func shrink(img Image, limit int) Image {
	shorter := min(img.Width, img.Height)
	if limit <= 0 || shorter <= limit {
		return img
	}
	scaled := func(n int) int { return max(1, (n*limit+shorter/2)/shorter) }
	width, height := scaled(img.Width), scaled(img.Height)

	channels := img.Channels()
	narrow := make([]float32, channels*width*img.Height)
	row := make([]float32, channels*img.Width)
	for y := range img.Height {
		for i, v := range img.Pix[y*len(row) : (y+1)*len(row)] {
			row[i] = float32(v)
		}
		average(narrow[channels*y*width:][:channels*width], row, channels)
	}
	small := make([]float32, channels*width*height)
	average(small, narrow, channels*width)

	out := Image{Width: width, Height: height, Pix: make([]uint8, len(small))}
	for i, v := range small {
		out.Pix[i] = uint8(min(v+.5, 255))
	}
	return out
}

// average resamples a line of items of stride numbers each: item i of dst is the mean of src over
// [i, i+1) * len(src)/len(dst).
func average(dst, src []float32, stride int) {
	numOut, numIn := len(dst)/stride, len(src)/stride
	ratio := float64(numIn) / float64(numOut)
	for i := range numOut {
		begin, end := float64(i)*ratio, min(float64(i+1)*ratio, float64(numIn))
		sums := dst[i*stride:][:stride]
		clear(sums)
		for j := int(begin); j < numIn && float64(j) < end; j++ {
			covered := min(float64(j+1), end) - max(float64(j), begin)
			weight := float32(covered / (end - begin))
			for k, v := range src[j*stride:][:stride] {
				sums[k] += weight * v
			}
		}
	}
}
