package finetune

import (
	"math"
	"math/rand/v2"

	"cmae/internal/recipe"
	"cmae/internal/rng"
)

// mix is how the images of one batch are combined: image i keeps the share lambda of itself and
// gets the rest from image B-1-i.
type mix struct {
	lambda float64
	// the rest is the rectangle from (left, top) to (right, bottom), excluded; else all of it,
	// faintly
	cut                      bool
	left, top, right, bottom int
}

// draw decides by c about a batch of images of side pixels.
func draw(c recipe.Mix, r *rand.Rand, side int) mix {
	if (c.Mixup == 0 && c.Cutmix == 0) || r.Float64() >= c.Prob {
		return mix{lambda: 1}
	}
	m, alpha := mix{}, c.Mixup
	if c.Mixup == 0 || c.Cutmix > 0 && r.Float64() < c.SwitchProb {
		m.cut, alpha = true, c.Cutmix
	}
	m.lambda = rng.Beta(r, alpha)
	if !m.cut {
		return m
	}
	half := int(float64(side)*math.Sqrt(1-m.lambda)) / 2
	y, x := r.IntN(side), r.IntN(side)
	m.top, m.bottom = max(y-half, 0), min(y+half, side)
	m.left, m.right = max(x-half, 0), min(x+half, side)
	// what the border left of it
	m.lambda = 1 - float64((m.bottom-m.top)*(m.right-m.left))/float64(side*side)
	return m
}

// images mixes images[B,C,S,S] in place.
func (m mix) images(pixels []float32, batch, side int) {
	if m.lambda == 1 {
		return
	}
	n := len(pixels) / batch
	for i := range batch / 2 {
		a, b := pixels[i*n:(i+1)*n], pixels[(batch-1-i)*n:(batch-i)*n]
		if m.cut {
			m.exchange(a, b, side)
		} else {
			m.fade(a, b)
		}
	}
}

func (m mix) fade(a, b []float32) {
	keep := float32(m.lambda)
	for i, v := range a {
		a[i], b[i] = keep*v+(1-keep)*b[i], keep*b[i]+(1-keep)*v
	}
}

func (m mix) exchange(a, b []float32, side int) {
	for row := range len(a) / side {
		if y := row % side; y < m.top || y >= m.bottom {
			continue
		}
		for i := row*side + m.left; i < row*side+m.right; i++ {
			a[i], b[i] = b[i], a[i]
		}
	}
}

// targets writes what the classifier shall say of a mixed batch to dst[B,C], each class times its
// weight where there are weights[C].
func (m mix) targets(dst []float32, labels []int32, smoothing float64, weights []float32) {
	classes := len(dst) / len(labels)
	for i := range dst {
		dst[i] = float32(smoothing / float64(classes))
	}
	for i, own := range labels {
		other := labels[len(labels)-1-i]
		dst[i*classes+int(own)] += float32((1 - smoothing) * m.lambda)
		dst[i*classes+int(other)] += float32((1 - smoothing) * (1 - m.lambda))
	}
	if weights != nil {
		for i := range dst {
			dst[i] *= weights[i%classes]
		}
	}
}
