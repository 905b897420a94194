package picture

import (
	"bytes"
	"context"
	"errors"
	"image"
	"io"
	"path/filepath"
	"testing"

	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset"
	"cmae/internal/dataset/loader"
	"cmae/internal/evaluate/evaltest"
	"cmae/internal/model"
	"cmae/internal/recipe"
)

// TestViewsAreThoseOfTraining: the tiles are what the loader of a run with this seed hands to its
// encoder.
func TestViewsAreThoseOfTraining(t *testing.T) {
	c := evaltest.SmallConfig(t, evaltest.BoxedFolder(t, 6))
	viewsAreThoseOfTraining(t, c, nil)
	c.Crop.Source = contrastivecrop.Constant
	viewsAreThoseOfTraining(t, c, func(int) contrastivecrop.Box { return contrastivecrop.Centre })
}

func viewsAreThoseOfTraining(
	t *testing.T, c recipe.Pretrain, boxes func(image int) contrastivecrop.Box,
) {
	t.Helper()
	data, err := dataset.OpenWithConsole(context.Background(), c.Data, c.Seed, nil)
	if err != nil {
		t.Fatal(err)
	}
	side, err := data.Side()
	if err != nil {
		t.Fatal(err)
	}
	v := &views{config: c, side: side, train: data.Train}
	o := c.Loading(side)
	o.Batch = 1
	l, err := loader.New(loader.From(data.Train), o)
	if err != nil {
		t.Fatal(err)
	}
	for epoch := range epochsShown {
		stream := l.Start(context.Background(), epoch, 0, boxes)
		defer stream.Close()
		for {
			batch, err := stream.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			index := int(batch.Indices[0])
			tiles := v.tiles(index)[1+3*epoch:]
			for i, want := range []*image.RGBA{
				v.tile(batch.Query), v.visible(batch), v.tile(batch.Key),
			} {
				if !bytes.Equal(tiles[i].Pix, want.Pix) {
					t.Errorf(
						"epoch %d: image %d is trained on otherwise than tile %d shows", epoch,
						index, i,
					)
				}
			}
			batch.Release()
		}
	}
}

// TestViews: each method has the columns of what it is trained on.
func TestViews(t *testing.T) {
	for name, set := range map[string]func(*recipe.Pretrain){
		"cmae": func(*recipe.Pretrain) {},
		"mae":  func(c *recipe.Pretrain) { c.Contrast.Weight, c.Location.Weight = 0, 0 },
		"moco": func(c *recipe.Pretrain) { c.Preset(recipe.Pretrain{Method: model.MoCo3}) },
	} {
		c := evaltest.SmallConfig(t, evaltest.BoxedFolder(t, 6))
		set(&c)
		path := filepath.Join(t.TempDir(), "views.png")
		if err := Views(context.Background(), c, nil, path, Sample{Count: 2, Seed: 1}); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		readPNG(t, path)
	}
}
