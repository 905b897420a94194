package picture

import "image/color"

// The colours of lines and letters. Boxes have a dark rim, so that they show on any image.
var (
	black    = color.RGBA{0x20, 0x20, 0x20, 0xff}
	white    = color.RGBA{0xff, 0xff, 0xff, 0xff}
	dim      = color.RGBA{0x60, 0x60, 0x60, 0xff}
	hidden   = color.RGBA{0x80, 0x80, 0x80, 0xff} // a masked patch
	trueBox  = color.RGBA{0x35, 0xd0, 0x5a, 0xff} // green
	foundBox = color.RGBA{0xff, 0x8c, 0x1a, 0xff} // orange
)

// viridisAt are evenly spaced colours of the perceptually uniform map viridis.
var viridisAt = []color.RGBA{
	{0x44, 0x01, 0x54, 0xff}, {0x48, 0x28, 0x78, 0xff}, {0x3e, 0x49, 0x89, 0xff}, {0x31, 0x68, 0x8e, 0xff}, {0x26, 0x82, 0x8e, 0xff},
	{0x1f, 0x9e, 0x89, 0xff}, {0x35, 0xb7, 0x79, 0xff}, {0x6e, 0xce, 0x58, 0xff}, {0xb5, 0xde, 0x2b, 0xff}, {0xfd, 0xe7, 0x25, 0xff},
}

// viridis is the colour of v, 0 to 1.
func viridis(v float64) color.RGBA {
	at := min(max(v, 0), 1) * float64(len(viridisAt)-1)
	low := min(int(at), len(viridisAt)-2)
	return blend(viridisAt[low], viridisAt[low+1], at-float64(low))
}

// blend is a where share is 0 and b where it is 1.
func blend(a, b color.RGBA, share float64) color.RGBA {
	mix := func(x, y uint8) uint8 { return uint8(float64(x) + (float64(y)-float64(x))*share + .5) }
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xff}
}
