package augment

import (
	"image"
	"math"
	"slices"
)

// Fitting is how an image that is not square becomes a square view for evaluation.
type Fitting string

// The fittings: the central square, all of the image with each edge resized, all of it in its shape
// amid background.
const (
	FitCrop   Fitting = "crop"
	FitSquash Fitting = "squash"
	FitPad    Fitting = "pad"
)

// Fit is how Whole shows an image. The zero value is the largest central square.
type Fit struct {
	How Fitting
	// share of the shorter edge that the square of FitCrop has, as timm's crop_pct; 0 is 1
	Share      float64
	Background [3]uint8 // of FitPad
}

// short is the length to which the shorter edge is resized, for a view of side pixels.
func (f Fit) short(side int) int {
	if f.Share == 0 {
		return side
	}
	return int(float64(side) / f.Share)
}

// Whole writes the evaluation view to dst [C,S,S], normalised. Without more said, the shorter edge
// is resized to S, and the view is the central square.
func (w *Workspace) Whole(dst []float32, img Image, f Fit) {
	switch f.How {
	case FitSquash:
		w.Uncropped(dst, img)
		return
	case FitPad:
		w.padded(dst, img, f)
	default:
		short, size := min(img.Width, img.Height), f.short(w.side)
		w.centred(dst, img, size*img.Width/short, size*img.Height/short)
	}
	w.normalise(dst)
}

// centred writes the central square of the image resized to width x height. Where that is smaller
// than the view, what is around it means nothing.
func (w *Workspace) centred(dst []float32, img Image, width, height int) {
	w.columns.plan(Bicubic.kernel(), span{0, img.Width}, width, middle(width, w.side), w.side, false)
	w.rows.plan(Bicubic.kernel(), span{0, img.Height}, height, middle(height, w.side), w.side, false)
	w.resize(dst, img)
}

// behind is what each channel has beside the image, 0 to 1: the background, or where there are not
// three its mean.
func (f Fit) behind(channels int) []float32 {
	b := f.Background
	if channels == len(b) {
		return []float32{float32(b[0]) / 255, float32(b[1]) / 255, float32(b[2]) / 255}
	}
	mean := float32((int(b[0])+int(b[1])+int(b[2]))/3) / 255
	return slices.Repeat([]float32{mean}, channels)
}

// Padded is where FitPad has an image of width x height in a view of side pixels.
func Padded(width, height, side int) image.Rectangle {
	long := max(width, height)
	scaled := func(edge int) int {
		return max(1, int(math.RoundToEven(float64(edge)/float64(long)*float64(side))))
	}
	width, height = scaled(width), scaled(height)
	left, top := -middle(width, side), -middle(height, side)
	return image.Rect(left, top, left+width, top+height)
}

// padded is all of the image, the longer edge resized to S, as Pillow's ImageOps.pad has it.
func (w *Workspace) padded(dst []float32, img Image, f Fit) {
	in := Padded(img.Width, img.Height, w.side)
	w.centred(dst, img, in.Dx(), in.Dy())
	behind := f.behind(w.config.Channels())
	for at := range dst {
		if !image.Pt(at%w.side, at/w.side%w.side).In(in) {
			dst[at] = behind[at/(w.side*w.side)]
		}
	}
}
