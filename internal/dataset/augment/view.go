package augment

import (
	"math"
	"math/rand/v2"

	"cmae/internal/contrastivecrop"
)

// Image is a decoded picture: the channels of a pixel, such as red, green, blue, beside each other,
// row by row.
type Image struct {
	Width, Height int
	Pix           []uint8 // C*Width*Height
}

// Channels is C.
func (i Image) Channels() int { return len(i.Pix) / (i.Width * i.Height) }

// Workspace makes views of one side, one at a time: each goroutine has its own.
type Workspace struct {
	config  Config
	side    int
	columns axis
	rows    axis
	// one row of the crop, channels interleaved; later one row of a blur with its margins
	line     []float32
	narrowed []float32 // [C,rows,S] after the horizontal pass; later the blur's intermediate
	canvas   canvas    // of labelled views
}

// NewWorkspace prepares for views of side x side pixels.
func NewWorkspace(config Config, side int) *Workspace {
	return &Workspace{config: config, side: side}
}

// Query writes the query view of a crop to dst [C,S,S]: with ColourQuery as Key does, else as Plain
// does.
func (w *Workspace) Query(dst []float32, img Image, crop contrastivecrop.Rect, r *rand.Rand) {
	if w.config.ColourQuery {
		w.Key(dst, img, crop, r)
	} else {
		w.Plain(dst, img, crop, r)
	}
}

// Plain writes a crop to dst [C,S,S]: resized, perhaps mirrored, normalised; no colour change.
func (w *Workspace) Plain(dst []float32, img Image, crop contrastivecrop.Rect, r *rand.Rand) {
	w.cropped(dst, img, crop, r)
	w.normalise(dst)
}

// Key writes the key view of a crop to dst [C,S,S]: resized, perhaps mirrored, colour jitter, gray,
// blur, normalised.
func (w *Workspace) Key(dst []float32, img Image, crop contrastivecrop.Rect, r *rand.Rand) {
	w.cropped(dst, img, crop, r)
	if r.Float64() < w.config.JitterProb {
		w.jitter(dst, r)
	}
	if r.Float64() < w.config.GrayProb && w.config.Channels() == 3 {
		gray(split(dst))
	}
	if w.side > BlurAbove && r.Float64() < w.config.BlurProb {
		sigma := .1 + 1.9*r.Float64()
		w.blur(dst, sigma)
	}
	w.normalise(dst)
}

// Uncropped writes all of the image to dst [C,S,S], each edge resized to S, normalised: a place in
// the view is the same fraction of the image, as boxes are. A square image gives what Whole does.
func (w *Workspace) Uncropped(dst []float32, img Image) {
	all := contrastivecrop.Rect{Width: img.Width, Height: img.Height}
	w.stretched(dst, img, Bicubic.kernel(), all, false)
	w.normalise(dst)
}

// middle is where a central window of the given side begins, a half rounded to even as torchvision
// does.
func middle(size, side int) int { return int(math.RoundToEven(float64(size-side) / 2)) }

func (w *Workspace) cropped(dst []float32, img Image, crop contrastivecrop.Rect, r *rand.Rand) {
	w.stretched(dst, img, w.config.Filter.kernel(), crop, r.Float64() < w.config.FlipProb)
}

func (w *Workspace) stretched(
	dst []float32, img Image, k kernel, crop contrastivecrop.Rect, mirrored bool,
) {
	w.columns.plan(k, span{crop.Left, crop.Width}, w.side, 0, w.side, mirrored)
	w.rows.plan(k, span{crop.Top, crop.Height}, w.side, 0, w.side, false)
	w.resize(dst, img)
}

// normalise maps each channel of a view to (v - mean) / std.
func (w *Workspace) normalise(view []float32) {
	channels := w.config.Channels()
	plane := len(view) / channels
	for c := range channels {
		factor := float32(1 / w.config.Std[c])
		shift := float32(-w.config.Mean[c] / w.config.Std[c])
		values := view[c*plane : (c+1)*plane]
		for i, v := range values {
			values[i] = v*factor + shift
		}
	}
}

// split returns the three planes of a view of colours.
func split(view []float32) (red, green, blue []float32) {
	n := len(view) / 3
	return view[:n:n], view[n : 2*n : 2*n], view[2*n : 3*n : 3*n]
}
