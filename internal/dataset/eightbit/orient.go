package eightbit

import "cmae/internal/dataset/augment"

// turned gives an image stored with an orientation of EXIF, 2 to 8, the right way up.
func turned(img augment.Image, orientation int) augment.Image {
	w, h, n := img.Width, img.Height, img.Channels()
	out := augment.Image{Width: w, Height: h, Pix: make([]uint8, len(img.Pix))}
	if orientation >= 5 {
		out.Width, out.Height = h, w
	}
	// the step in the stored image for one to the right and one down, and where both begin
	var start, right, down int
	switch orientation {
	case 2: // mirrored
		start, right, down = w-1, -1, w
	case 3: // upside down
		start, right, down = w*h-1, -1, -w
	case 4:
		start, right, down = (h-1)*w, 1, -w
	case 5: // rows are columns
		start, right, down = 0, w, 1
	case 6: // a quarter to the right
		start, right, down = (h-1)*w, -w, 1
	case 7:
		start, right, down = w*h-1, -w, -1
	case 8: // a quarter to the left
		start, right, down = w-1, w, -1
	default:
		return img
	}
	to := out.Pix
	for range out.Height {
		at := start
		for range out.Width {
			copy(to[:n], img.Pix[n*at:])
			to = to[n:]
			at += right
		}
		start += down
	}
	return out
}
