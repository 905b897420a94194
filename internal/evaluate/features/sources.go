package features

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"cmae/internal/contrastivecrop"
)

// RawHeat reads the heat maps [B,N] of an extractor with Maps that has run, by source and head of
// c (spec 4); source rollout also needs Config.Rollout. A source without heat maps gives those of
// attention, to be looked at.
func (x *Extractor) RawHeat(c contrastivecrop.Config) []float32 {
	switch c.Source {
	case contrastivecrop.Rollout:
		return x.rolloutHeat()
	case contrastivecrop.Feature:
		return x.FeatureHeat()
	case contrastivecrop.Similarity:
		return x.eachTokens(similarity)
	case contrastivecrop.Component:
		return x.eachTokens(component)
	case contrastivecrop.Distinct:
		return x.eachTokens(distinct)
	}
	if c.Head > 0 {
		return x.headHeat(c.Head - 1)
	}
	return x.AttentionHeat()
}

// headHeat is the attention of one head, [B,N].
func (x *Extractor) headHeat(head int) []float32 {
	n := x.tokens() - 1
	var heat []float32
	for image := range slices.Chunk(x.Attention(), x.heads()*n) {
		heat = append(heat, image[head*n:(head+1)*n]...)
	}
	return heat
}

// rolloutHeat follows the attention of the class token down through all blocks (attention rollout,
// arXiv 2005.00928): the row of the class token in the product of (A+I)/2 over the blocks, where A
// is the mean over heads.
func (x *Extractor) rolloutHeat() []float32 {
	h, t, depth := x.heads(), x.tokens(), x.config.Encoder.Resolved().Depth
	rows := make([]float64, x.config.Batch*t)
	for image := range slices.Chunk(rows, t) {
		image[0] = 1
	}
	for block := depth - 1; block >= 0; block-- {
		maps := x.read(softmaxOf(block, depth))
		for i := range x.config.Batch {
			row := rows[i*t : (i+1)*t]
			copy(row, attended(row, maps[i*h*t*t:(i+1)*h*t*t], h))
		}
	}
	var heat []float32
	for row := range slices.Chunk(rows, t) {
		for _, v := range row[1:] {
			heat = append(heat, float32(v))
		}
	}
	return heat
}

// attended is row[T] times (A+I)/2, with A the mean of maps[H,T,T] over heads.
func attended(row []float64, maps []float32, heads int) []float64 {
	t := len(row)
	out := make([]float64, t)
	for i, v := range row {
		out[i] += v / 2
		for head := range heads {
			for j, a := range maps[(head*t+i)*t : (head*t+i+1)*t] {
				out[j] += v * float64(a) / float64(2*heads)
			}
		}
	}
	return out
}

// eachTokens is [B,N] of the tokens of each image after the final LayerNorm, as unit vectors.
func (x *Extractor) eachTokens(heat func(cls []float64, patches [][]float64) []float64) []float32 {
	tokens, t := x.read(outTokens), x.tokens()
	d := len(tokens) / (x.config.Batch * t)
	var all []float32
	for image := range slices.Chunk(tokens, t*d) {
		var units [][]float64
		for token := range slices.Chunk(image, d) {
			units = append(units, unit(token))
		}
		for _, v := range heat(units[0], units[1:]) {
			all = append(all, float32(v))
		}
	}
	return all
}

// similarity is the cosine of each patch and the class token.
func similarity(cls []float64, patches [][]float64) []float64 {
	heat := make([]float64, len(patches))
	for i, p := range patches {
		heat[i] = floats.Dot(cls, p)
	}
	return heat
}

// distinct is how little a patch resembles the others: an object covers less of its image than the
// ground does (the idea of LOST, arXiv 2109.14279). It is 1 less the mean cosine.
func distinct(_ []float64, patches [][]float64) []float64 {
	mean := meanOf(patches)
	heat := make([]float64, len(patches))
	for i, p := range patches {
		heat[i] = 1 - floats.Dot(mean, p)
	}
	return heat
}

// component is where each patch lies along the first principal component of the patches of its
// image, turned such that the rim of the image is colder than the rest.
func component(_ []float64, patches [][]float64) []float64 {
	mean := meanOf(patches)
	for _, p := range patches {
		floats.Sub(p, mean)
	}
	axis := slices.Clone(patches[0]) // power iteration on the covariance
	for range 50 {
		next := make([]float64, len(axis))
		for _, p := range patches {
			floats.AddScaled(next, floats.Dot(axis, p), p)
		}
		length := floats.Norm(next, 2)
		if length == 0 {
			break
		}
		floats.ScaleTo(axis, 1/length, next)
	}
	heat := make([]float64, len(patches))
	for i, p := range patches {
		heat[i] = floats.Dot(axis, p)
	}
	if rim(heat) > 0 { // their mean is 0
		floats.Scale(-1, heat)
	}
	return heat
}

// rim is the sum over the outermost cells of a square map.
func rim(heat []float64) float64 {
	grid := int(math.Round(math.Sqrt(float64(len(heat)))))
	sum := 0.0
	for i, v := range heat {
		if y, x := i/grid, i%grid; y == 0 || x == 0 || y == grid-1 || x == grid-1 {
			sum += v
		}
	}
	return sum
}

func unit(token []float32) []float64 {
	u := make([]float64, len(token))
	for i, v := range token {
		u[i] = float64(v)
	}
	floats.Scale(1/floats.Norm(u, 2), u)
	return u
}

func meanOf(vectors [][]float64) []float64 {
	mean := make([]float64, len(vectors[0]))
	for _, v := range vectors {
		floats.AddScaled(mean, 1/float64(len(vectors)), v)
	}
	return mean
}
