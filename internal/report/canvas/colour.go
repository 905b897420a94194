package canvas

import "image/color"

// The colours of letters.
var (
	black = color.RGBA{0x20, 0x20, 0x20, 0xff}
	white = color.RGBA{0xff, 0xff, 0xff, 0xff}
	dim   = color.RGBA{0x60, 0x60, 0x60, 0xff}
)

// viridisAt are evenly spaced colours of the perceptually uniform map viridis.
var viridisAt = []color.RGBA{
	{0x44, 0x01, 0x54, 0xff}, {0x48, 0x28, 0x78, 0xff}, {0x3e, 0x49, 0x89, 0xff},
	{0x31, 0x68, 0x8e, 0xff}, {0x26, 0x82, 0x8e, 0xff}, {0x1f, 0x9e, 0x89, 0xff},
	{0x35, 0xb7, 0x79, 0xff}, {0x6e, 0xce, 0x58, 0xff}, {0xb5, 0xde, 0x2b, 0xff},
	{0xfd, 0xe7, 0x25, 0xff},
}

// Viridis is the colour of v, 0 to 1, on the map of that name.
func Viridis(v float64) color.RGBA {
	at := min(max(v, 0), 1) * float64(len(viridisAt)-1)
	low := min(int(at), len(viridisAt)-2)
	return Blend(viridisAt[low], viridisAt[low+1], at-float64(low))
}

// Blend is a where share is 0 and b where it is 1.
func Blend(a, b color.RGBA, share float64) color.RGBA {
	mix := func(x, y uint8) uint8 { return uint8(float64(x) + (float64(y)-float64(x))*share + .5) }
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xff}
}
