package augment

import "math/rand/v2"

// jitter changes brightness, contrast, saturation and hue of a view [C,S,S] by random amounts in
// random order, each on the clamped result of the one before. Three channels alone have the last
// two.
func (w *Workspace) jitter(view []float32, r *rand.Rand) {
	var red, green, blue []float32
	colours := w.config.Channels() == 3
	if colours {
		red, green, blue = split(view)
	}
	brightness, contrast := factor(r, w.config.Brightness), factor(r, w.config.Contrast)
	saturation, hue := factor(r, w.config.Saturation), float32((2*r.Float64()-1)*w.config.Hue)
	order := [4]int{0, 1, 2, 3}
	r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	for _, change := range order {
		switch {
		case change == 0 && w.config.Brightness > 0:
			blendWith(view, brightness, 0)
		case change == 1 && w.config.Contrast > 0:
			level := mean(view)
			if colours {
				level = meanGray(red, green, blue)
			}
			blendWith(view, contrast, level)
		case change == 2 && w.config.Saturation > 0 && colours:
			saturate(red, green, blue, saturation)
		case change == 3 && w.config.Hue > 0 && colours:
			turnHue(red, green, blue, hue)
		}
	}
}

// factor is uniform in 1 - strength to 1 + strength, never negative.
func factor(r *rand.Rand, strength float64) float32 {
	low := max(1-strength, 0)
	return float32(low + (1+strength-low)*r.Float64())
}

// luma is the gray value of a colour (ITU-R 601).
func luma(r, g, b float32) float32 { return .299*r + .587*g + .114*b }

// blendWith moves all values away from (factor above 1) or towards a level.
func blendWith(values []float32, factor, level float32) {
	shift := (1 - factor) * level
	for i, v := range values {
		values[i] = clamp(factor*v + shift)
	}
}

// meanGray sums in float64: a fixed order, and no loss over a large view.
func meanGray(red, green, blue []float32) float32 {
	sum := 0.
	for i := range red {
		sum += float64(luma(red[i], green[i], blue[i]))
	}
	return float32(sum / float64(len(red)))
}

// mean is that of all values, whatever the channels are.
func mean(values []float32) float32 {
	sum := 0.
	for _, v := range values {
		sum += float64(v)
	}
	return float32(sum / float64(len(values)))
}

// saturate moves every pixel away from (factor above 1) or towards its own gray.
func saturate(red, green, blue []float32, factor float32) {
	green, blue = green[:len(red)], blue[:len(red)]
	for i := range red {
		shift := (1 - factor) * luma(red[i], green[i], blue[i])
		red[i] = clamp(factor*red[i] + shift)
		green[i] = clamp(factor*green[i] + shift)
		blue[i] = clamp(factor*blue[i] + shift)
	}
}

// gray gives all channels the gray value.
func gray(red, green, blue []float32) {
	for i := range red {
		v := luma(red[i], green[i], blue[i])
		red[i], green[i], blue[i] = v, v, v
	}
}
