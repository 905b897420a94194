package atlas

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"path"
	"strings"

	"golang.org/x/image/draw"

	"cmae/internal/dataset"
	"cmae/internal/dataset/augment"
	"cmae/internal/evaluate/embed"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/evaluate/features"
	"cmae/internal/fault"
	"cmae/internal/recipe"
	"cmae/internal/rng"
)

// gallery is images with their features.
type gallery struct {
	Set     features.Set
	Paths   []string
	Groups  []string // their classes or, without labels, folders; nil where there is only one
	Labels  []int    // index of a group, by image
	ByClass bool     // the groups are classes
	Thumbs  []*image.RGBA
}

// thumbSide is the side in pixels of a small image.
const thumbSide = 32

// gather embeds images, fewest at least, of which it keeps at most most, chosen by the seed. The
// images come from a folder or from a split of the configured data.
func gather(
	ctx context.Context, e *encoder.Encoder, o embed.Options, fewest, most, side int,
) (*gallery, error) {
	t, _, err := o.Collect(ctx, e)
	if err != nil {
		return nil, err
	}
	if n := len(t.Paths); n < fewest {
		return nil, fmt.Errorf(
			"map: %w: %d images are too few: give %d or more", fault.Data, n, fewest,
		)
	}
	g := &gallery{Set: features.Set{
		Encoder: t.Encoder, Feature: recipe.Feature(t.Feature), Dim: t.Dim,
	}}
	chosen := map[string]bool{}
	for at, i := range some(len(t.Paths), most, e.Config.Seed) {
		g.Paths, chosen[t.Paths[i]] = append(g.Paths, t.Paths[i]), true
		g.Set.Values = append(g.Set.Values, t.Row(i)...)
		g.Set.Labels = append(g.Set.Labels, int32(at))
	}
	g.group(t)
	return g, g.draw(ctx, e, o, side, chosen)
}

// some are at most most of n images, in their order.
func some(n, most int, seed uint64) (chosen []int) {
	keep := make([]bool, n)
	for _, i := range rng.For(seed, rng.Map, 0).Perm(n)[:min(n, most)] {
		keep[i] = true
	}
	for i, k := range keep {
		if k {
			chosen = append(chosen, i)
		}
	}
	return chosen
}

// group finds what images are coloured by.
func (g *gallery) group(t *embed.Table) {
	class := map[string]string{}
	for i, p := range t.Paths {
		class[p] = t.Class(i)
	}
	g.ByClass = len(t.Classes) > 0
	number := map[string]int{}
	for _, p := range g.Paths {
		name := class[p]
		if !g.ByClass {
			name, _, _ = strings.Cut(path.Dir(p), "/")
		} else if name == "" {
			name = "no label"
		}
		if _, seen := number[name]; !seen {
			number[name] = len(g.Groups)
			g.Groups = append(g.Groups, name)
		}
		g.Labels = append(g.Labels, number[name])
	}
	if len(g.Groups) < 2 {
		g.Groups = nil
	}
}

// draw makes the small images.
func (g *gallery) draw(
	ctx context.Context, e *encoder.Encoder, o embed.Options, side int, chosen map[string]bool,
) error {
	made := map[string]*image.RGBA{}
	if o.Images != "" {
		images, err := dataset.OpenImages(e.Config.Data, o.Images, e.Console)
		if err != nil {
			return err
		}
		if _, err := images.Each(ctx, func(name string, img dataset.Image) error {
			if chosen[name] {
				made[name] = thumb(img, e.Config.Data, e.Config.Look(), side)
			}
			return nil
		}); err != nil {
			return err
		}
	} else {
		data, err := e.Data(ctx)
		if err != nil {
			return err
		}
		for _, split := range []*dataset.Set{data.Test, data.Train} {
			for i := 0; split != nil && i < split.Len(); i++ {
				if name := split.Name(i); chosen[name] && made[name] == nil {
					made[name] = thumb(split.Image(i), e.Config.Data, e.Config.Look(), side)
				}
			}
		}
	}
	for _, p := range g.Paths {
		g.Thumbs = append(g.Thumbs, made[p])
	}
	return nil
}

// thumb is what an evaluation sees of an image (data.fit), small.
func thumb(img dataset.Image, c dataset.Config, l augment.Look, side int) *image.RGBA {
	all := image.NewRGBA(image.Rect(0, 0, img.Width, img.Height))
	channels := img.Channels()
	for at := range img.Width * img.Height {
		shown := l.Pixel(img.Pix[channels*at : channels*(at+1)])
		copy(all.Pix[4*at:], shown[:])
		all.Pix[4*at+3] = 0xff
	}
	small := image.NewRGBA(image.Rect(0, 0, side, side))
	from, to := all.Rect, small.Rect
	switch c.Fit {
	case augment.FitCrop:
		n := max(1, int(float64(min(img.Width, img.Height))*c.CropPct))
		from = image.Rect(0, 0, n, n).Add(image.Pt((img.Width-n)/2, (img.Height-n)/2))
	case augment.FitPad:
		b := c.Background
		behind := image.NewUniform(color.RGBA{b[0], b[1], b[2], 0xff})
		draw.Draw(small, small.Rect, behind, image.Point{}, draw.Src)
		to = augment.Padded(img.Width, img.Height, side)
	}
	scale := draw.Interpolator(draw.CatmullRom)
	if to.Dx() > from.Dx() {
		scale = draw.NearestNeighbor
	}
	scale.Scale(small, to, all, from, draw.Src, nil)
	return small
}
