package augment

import "math"

// turnHue turns the hue of every pixel by a part of a full turn, -1/2 to 1/2, keeping value and
// saturation. It decides by selection, not by branches: which channel is largest is not
// predictable, and a mispredicted branch costs as much as the rest of a pixel.
func turnHue(red, green, blue []float32, turn float32) {
	green, blue = green[:len(red)], blue[:len(red)]
	sixths := 6 * turn
	for i, r := range red {
		h, low, chroma := hue(r, green[i], blue[i])
		if chroma == 0 {
			continue // gray has no hue
		}
		h = wrap(wrap(h + sixths - 6))
		red[i] = low + chroma*clamp(abs(h-3)-1)
		green[i] = low + chroma*clamp(2-abs(h-2))
		blue[i] = low + chroma*clamp(2-abs(h-4))
	}
}

// hue returns a colour's hue in sixths of a turn from red, -1 to 5, its smallest channel, and the
// largest minus that.
func hue(r, g, b float32) (h, low, chroma float32) {
	// in order as the values are: none is negative
	red, green, blue := math.Float32bits(r), math.Float32bits(g), math.Float32bits(b)
	top := max(red, green, blue)
	low = math.Float32frombits(min(red, green, blue))
	chroma = math.Float32frombits(top) - low
	largest := uint(0)
	if green == top {
		largest = 1
	}
	if blue == top {
		largest = 2
	}
	circle := [8]float32{r, g, b, r, g}
	return float32(2*largest) + (circle[(largest+1)&7]-circle[(largest+2)&7])/chroma, low, chroma
}

// wrap adds a full turn of 6 to a negative hue.
func wrap(h float32) float32 {
	const turn = 0x40c00000 // bits of 6
	negative := uint32(int32(math.Float32bits(h)) >> 31)
	return h + math.Float32frombits(turn&negative)
}

func abs(v float32) float32 { return math.Float32frombits(math.Float32bits(v) &^ (1 << 31)) }
