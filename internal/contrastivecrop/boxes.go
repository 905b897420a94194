package contrastivecrop

import (
	"fmt"
	"math"
)

// Inert is the mean box area above which cropping by boxes hardly differs from cropping anywhere; a
// refresh above it deserves a warning.
const Inert = .9

// Stats describes the boxes after a refresh.
type Stats struct {
	MeanArea  float64 `json:"mean_area"`  // share of the image, mean over images
	FullShare float64 `json:"full_share"` // images whose box is the whole image
	// mean shift of a box edge since the refresh before, in image sides
	Movement float64 `json:"movement"`
	// images without a usable heat map, given the whole image
	Degenerate int `json:"degenerate"`
}

// Boxes is the state of the method: a box per image of the training set, by dataset index, at first
// all Full.
type Boxes struct {
	side  int
	boxes []Box
}

// NewBoxes covers count images of side x side pixels with the boxes that the source gives without
// an encoder. truth, which only source annotated asks, may be nil.
func NewBoxes(count, side int, source Source, truth func(image int) (Box, bool)) *Boxes {
	b := &Boxes{side: side, boxes: make([]Box, count)}
	for i := range b.boxes {
		b.boxes[i], _ = source.Given(i, truth)
	}
	return b
}

// Len is the number of images.
func (b *Boxes) Len() int { return len(b.boxes) }

// MeanArea is the share of an image that the boxes cover, mean over images; 0 without any.
func (b *Boxes) MeanArea() float64 {
	sum := 0.0
	for _, box := range b.boxes {
		sum += box.Area(b.side, b.side)
	}
	return sum / max(1, float64(len(b.boxes)))
}

// Lookup returns the boxes as they are now, for an epoch: a later refresh or restore does not
// change what the function answers, so loader workers may call it meanwhile.
func (b *Boxes) Lookup() func(image int) Box {
	boxes := b.boxes
	return func(image int) Box { return boxes[image] }
}

// Refresh collects new boxes. Until Commit nothing changes: an abandoned refresh costs only its
// time.
type Refresh struct {
	owner      *Boxes
	found      []Box
	heat       []float32
	config     Config
	degenerate int
}

// Refresh begins finding all boxes anew, by rule and threshold of c.
func (b *Boxes) Refresh(c Config) *Refresh {
	found := make([]Box, len(b.boxes))
	for i := range found {
		found[i] = Full
	}
	return &Refresh{owner: b, found: found, config: c}
}

// Put takes the raw heat map [N] of an image; N must be a square.
func (r *Refresh) Put(image int, raw []float32) {
	grid := int(math.Round(math.Sqrt(float64(len(raw)))))
	if grid*grid != len(raw) {
		panic(fmt.Sprintf("contrastivecrop: heat map of %d patches is not square", len(raw)))
	}
	r.heat = append(r.heat[:0], raw...)
	box, ok := r.config.FindBox(r.heat, grid, r.owner.side)
	if !ok {
		r.degenerate++
	}
	r.found[image] = box
}

// Commit makes the found boxes the current ones and describes them. Images that were not Put have
// the whole image.
func (r *Refresh) Commit() Stats {
	stats := Stats{Degenerate: r.degenerate}
	for i, box := range r.found {
		old := r.owner.boxes[i]
		if box.covers(r.owner.side) {
			stats.FullShare++
		}
		stats.Movement += movement(old, box, r.owner.side)
	}
	if n := float64(len(r.found)); n > 0 {
		stats.FullShare, stats.Movement = stats.FullShare/n, stats.Movement/n
	}
	r.owner.boxes = r.found
	stats.MeanArea = r.owner.MeanArea()
	return stats
}

// Floats returns the state for a checkpoint, [len,4]: top, left, bottom, right.
func (b *Boxes) Floats() []float32 {
	out := make([]float32, 0, 4*len(b.boxes))
	for _, x := range b.boxes {
		out = append(out, x.Top, x.Left, x.Bottom, x.Right)
	}
	return out
}

// Restore takes a state written by Floats. On error nothing changes.
func (b *Boxes) Restore(state []float32) error {
	if len(state) != 4*len(b.boxes) {
		return fmt.Errorf(
			"contrastivecrop: restore boxes: %d numbers for %d images, want %d", len(state),
			len(b.boxes), 4*len(b.boxes),
		)
	}
	boxes := make([]Box, len(b.boxes))
	for i := range boxes {
		s := state[4*i : 4*i+4]
		boxes[i] = Box{s[0], s[1], s[2], s[3]}
		if !boxes[i].valid() {
			return fmt.Errorf(
				"contrastivecrop: restore boxes: image %d has no box inside the image: %v", i, s,
			)
		}
	}
	b.boxes = boxes
	return nil
}

// movement is the mean shift of an edge from a to b. A found box that reaches the last pixel has
// the edge of Full.
func movement(a, b Box, side int) float64 {
	aTop, aLeft, aBottom, aRight := a.Extent(side, side)
	bTop, bLeft, bBottom, bRight := b.Extent(side, side)
	return (math.Abs(aTop-bTop) + math.Abs(aLeft-bLeft) + math.Abs(aBottom-bBottom) +
		math.Abs(aRight-bRight)) / 4
}
