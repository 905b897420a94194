package atlas

import (
	"context"
	"fmt"
	"image"
	"path/filepath"

	"golang.org/x/image/draw"

	"cmae/internal/dataset"
	"cmae/internal/evaluate/embed"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/evaluate/features"
	"cmae/internal/evaluate/knn"
	"cmae/internal/report/canvas"
)

// SearchOptions say what is looked for, and where.
type SearchOptions struct {
	Images []string    // files or folders: what is looked for
	Among  string      // a folder to look in; empty takes a split of the configured data
	Split  embed.Split // of it
	Count  int         // nearest images of each
	Out    string      // picture, .png
}

// Found is the most similar images.
type Found struct {
	Picture string            `json:"picture"`
	Encoder string            `json:"encoder"`
	Among   int               `json:"among"` // images
	Queries []Query           `json:"queries"`
	Bad     []dataset.BadFile `json:"bad"` // files that could not be decoded
}

// Query is one of the images that were looked for.
type Query struct {
	Path    string  `json:"path"`
	Similar []Match `json:"similar"` // the most similar first
}

// Match is an image with what is known of it.
type Match struct {
	Path   string  `json:"path"`
	Class  string  `json:"class,omitempty"`
	Cosine float64 `json:"cosine"`
}

// tileSide is the side in pixels of an image of the picture.
const tileSide = 96

// mostShown is the number of rows of the picture.
const mostShown = 24

// Search finds the images that are most similar to others, by the cosine of their features.
func Search(ctx context.Context, e *encoder.Encoder, o SearchOptions) (*Found, error) {
	g, err := gather(
		ctx, e, embed.Options{Images: o.Among, Split: o.Split}, 1, 1<<30, tileSide,
	)
	if err != nil {
		return nil, err
	}
	if err := e.FixSide(); err != nil {
		return nil, err
	}
	images, err := dataset.OpenFiles(e.Config.Data, e.Console, o.Images...)
	if err != nil {
		return nil, err
	}
	queries := features.Set{Dim: g.Set.Dim, Encoder: g.Set.Encoder, Feature: g.Set.Feature}
	f := &Found{Picture: o.Out, Encoder: e.Name, Among: len(g.Paths)}
	f.Bad, err = e.Each(ctx, images, func(path string, feature []float32) {
		f.Queries = append(f.Queries, Query{Path: path})
		queries.Values = append(queries.Values, feature...)
		queries.Labels = append(queries.Labels, 0)
	})
	if err != nil {
		return nil, err
	}
	engine, err := e.Engine()
	if err != nil {
		return nil, err
	}
	k := min(o.Count, len(g.Paths))
	near, err := knn.Nearest(ctx, engine, g.Set, queries, k)
	if err != nil {
		return nil, err
	}
	for i := range f.Queries {
		for _, m := range near[i*k : (i+1)*k] {
			match := Match{Path: g.Paths[m.Index], Cosine: float64(m.Cosine)}
			if g.ByClass && g.Groups != nil {
				match.Class = g.Groups[g.Labels[m.Index]]
			}
			f.Queries[i].Similar = append(f.Queries[i].Similar, match)
		}
	}
	return f, f.draw(ctx, e, o, g, near, k)
}

// draw makes the picture: a row an image, the most similar ones beside it.
func (f *Found) draw(
	ctx context.Context, e *encoder.Encoder, o SearchOptions, g *gallery, near []knn.Neighbour,
	k int,
) error {
	images, err := dataset.OpenFiles(e.Config.Data, e.Console, o.Images...)
	if err != nil {
		return err
	}
	looked := map[string]*image.RGBA{}
	if _, err := images.Each(ctx, func(name string, img dataset.Image) error {
		if len(looked) < mostShown {
			looked[name] = thumb(img, e.Config.Data, e.Config.Look(), tileSide)
		}
		return nil
	}); err != nil {
		return err
	}
	grid := canvas.Grid{
		Title:   "Most similar images: " + e.Title() + e.Config.Look().Note(),
		Columns: []string{"image"},
		Captions: []string{
			fmt.Sprintf("Among %d images, by the cosine of their features.", len(g.Paths)),
		},
	}
	for i := range k {
		grid.Columns = append(grid.Columns, fmt.Sprint(i+1))
	}
	for i, q := range f.Queries {
		if looked[q.Path] == nil {
			continue
		}
		row := []*image.RGBA{looked[q.Path]}
		for j, m := range near[i*k : (i+1)*k] {
			tile := image.NewRGBA(image.Rect(0, 0, tileSide, tileSide))
			draw.Draw(tile, tile.Rect, g.Thumbs[m.Index], image.Point{}, draw.Src)
			canvas.Note(tile, fmt.Sprintf("%.3f %s", m.Cosine, q.Similar[j].Class))
			row = append(row, tile)
		}
		grid.Add(filepath.Base(q.Path), row)
	}
	return canvas.SavePNG(f.Picture, grid.Draw())
}
