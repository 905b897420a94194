// Package atlas shows what an encoder makes of many images at once: a map on which images with
// alike features lie near each other, clusters, near-duplicates, outliers; and of single images the
// most similar ones.
//
// Letters: n images, D values of a feature, k neighbours or clusters.
//
// Reading order: atlas.go (Run), gather.go (features and small images), project.go (principal
// components, k-means), tsne.go (the map), find.go (duplicates and outliers), write.go (page
// and table), picture.go, neighbours.go (the most similar images).
package atlas

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"gonum.org/v1/gonum/spatial/r2"

	"cmae/internal/evaluate/embed"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/evaluate/knn"
	"cmae/internal/rng"
)

// Options say what is mapped and where the files go.
type Options struct {
	Images   string // a folder; empty takes a split of the configured data
	Split    embed.Split
	Most     int    // images on the map
	Clusters int    // 0 takes the number of classes, or 10
	Out      string // the page, .html; picture and table go beside it
	Tool     string // for the page's foot
}

// Summary tells what was written.
type Summary struct {
	Page       string    `json:"page"`
	Picture    string    `json:"picture"`
	Table      string    `json:"table"`
	Images     int       `json:"images"`
	Clusters   int       `json:"clusters"`
	Duplicates []Pair    `json:"duplicates"`
	Outliers   []Outlier `json:"outliers"`
	Seconds    float64   `json:"seconds"`
}

// atlas is a map in the making.
type atlas struct {
	*gallery
	title    string
	near     []knn.Neighbour // [n,k]: by whole features
	k        int
	places   []r2.Vec
	clusters []int // by image
	distance []float64
	count    int // of clusters
	pairs    []Pair
	outliers []Outlier
}

// fewest is the number of images that a map takes at least.
const fewest = 5

// shownNear is the number of neighbours that are kept of an image, or fewer.
const shownNear = 8

// Run maps the images. An encoder that gives numbers that are not finite is fault.Mismatch.
func Run(ctx context.Context, e *encoder.Encoder, o Options) (_ *Summary, err error) {
	start := time.Now()
	split := o.Split
	if o.Images == "" && split == "" {
		if split, err = unseen(ctx, e); err != nil {
			return nil, err
		}
	}
	from := embed.Options{Images: o.Images, Split: split}
	g, err := gather(ctx, e, from, fewest, o.Most, thumbSide)
	if err != nil {
		return nil, err
	}
	a := &atlas{gallery: g, title: e.Title() + e.Config.Look().Note()}
	if err := a.lay(ctx, e, o.Clusters); err != nil {
		return nil, err
	}
	a.find()
	s := &Summary{
		Page: o.Out, Picture: beside(o.Out, ".png"), Table: beside(o.Out, ".csv"),
		Images: len(a.Paths), Clusters: a.count, Duplicates: a.pairs, Outliers: a.outliers,
	}
	if err := a.write(s, o.Tool); err != nil {
		return nil, err
	}
	s.Seconds = time.Since(start).Seconds()
	return s, nil
}

// beside is the path of another file of the map.
func beside(page, extension string) string {
	return page[:len(page)-len(filepath.Ext(page))] + extension
}

// unseen is the split that the encoder was not trained on, where there is one.
func unseen(ctx context.Context, e *encoder.Encoder) (embed.Split, error) {
	data, err := e.Data(ctx)
	if err == nil && data.Test == nil {
		return embed.Train, nil
	}
	return embed.Test, err
}

// lay finds neighbours, clusters and places.
func (a *atlas) lay(ctx context.Context, e *encoder.Encoder, clusters int) error {
	engine, err := e.Engine()
	if err != nil {
		return err
	}
	n := len(a.Paths)
	a.k = min(shownNear, n-1)
	if a.near, err = others(ctx, engine, a.Set, a.k); err != nil {
		return err
	}
	c, err := components(unit(a.Set))
	if err != nil {
		return err
	}
	if clusters == 0 {
		if clusters = 10; a.ByClass && len(a.Groups) > 1 {
			clusters = len(a.Groups)
		}
	}
	a.clusters, a.distance = cluster(c, clusters, rng.For(e.Config.Seed, rng.Map, 1))
	for _, at := range a.clusters {
		a.count = max(a.count, at+1)
	}
	k := min(int(3*perplexity), n-1)
	near, err := others(ctx, engine, asFeatures(a.Set, c), k)
	if err != nil {
		return err
	}
	task := e.Console.Begin("map", 0, iterations)
	defer task.End()
	first := jittered(c, rng.For(e.Config.Seed, rng.Map, 2))
	a.places, err = tsne(ctx, near, k, first, func(i int) { task.Advance(i, "t-SNE") })
	if err != nil {
		return fmt.Errorf("map: %w", err)
	}
	return nil
}
