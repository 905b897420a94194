package dataset

// planarToRGB interleaves three planes; the same plane three times makes a gray image.
func planarToRGB(width, height int, r, g, b []uint8) Image {
	img := Image{Width: width, Height: height, Pix: make([]uint8, 3*width*height)}
	for i := range r {
		pixel := img.Pix[3*i : 3*i+3]
		pixel[0], pixel[1], pixel[2] = r[i], g[i], b[i]
	}
	return img
}
