package picture

import (
	"bytes"
	"context"
	"errors"
	"image"
	"io"
	"path/filepath"
	"testing"

	"cmae/internal/config"
	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset"
	"cmae/internal/dataset/loader"
	"cmae/internal/evaluate/evaltest"
	"cmae/internal/method"
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
	o := method.Loading(method.Of(c), c.At(side))
	v := &views{config: c.At(side), loading: o, side: side, train: data.Train}
	o.Batch = 1
	l, err := loader.New(data.Train, o)
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

// choose changes c to a method with its defaults.
func choose(t *testing.T, c *recipe.Pretrain, set ...string) {
	t.Helper()
	chosen, err := method.Load(*c, config.Source{Set: set})
	if err != nil {
		t.Fatal(err)
	}
	*c = chosen
}

// TestViews: each method has the columns of what it is trained on.
func TestViews(t *testing.T) {
	for name, set := range map[string]func(*recipe.Pretrain){
		"cmae": func(*recipe.Pretrain) {},
		"mae":  func(c *recipe.Pretrain) { c.Contrast.Weight, c.Location.Weight = 0, 0 },
		"moco": func(c *recipe.Pretrain) {
			choose(t, c, "method=moco-v3", "optim.warmup_epochs=0")
		},
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
