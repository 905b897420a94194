package picture

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"testing"

	"cmae/internal/augment"
	"cmae/internal/loader"
	"cmae/internal/model"
	"cmae/internal/runs"
	"cmae/internal/trainer"
)

// TestViewsAreThoseOfTraining: the tiles are what the loader of a run with this seed hands to its encoder.
func TestViewsAreThoseOfTraining(t *testing.T) {
	c := smallConfig(t, boxedFolder(t, 6))
	data, err := runs.OpenData(context.Background(), c.Data, c.Seed, nil)
	if err != nil {
		t.Fatal(err)
	}
	side, err := data.Side()
	if err != nil {
		t.Fatal(err)
	}
	v := &views{config: c, side: side, train: data.Train, workspace: augment.NewWorkspace(c.Augment, side)}
	l, err := loader.New(runs.Images(data.Train), loader.Options{
		Mode: loader.TwoViews, Seed: c.Seed, Batch: 1, Side: side, Patches: c.Architecture(side).Noise(), Augment: c.Augment, Config: c.Loader,
	})
	if err != nil {
		t.Fatal(err)
	}
	for epoch := range epochsShown {
		stream := l.Start(context.Background(), epoch, 0, nil)
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
			if !bytes.Equal(tiles[0].Pix, v.tile(batch.Query).Pix) || !bytes.Equal(tiles[2].Pix, v.tile(batch.Key).Pix) {
				t.Errorf("epoch %d: image %d is trained on in other views", epoch, index)
			}
			if noise := noiseFor(c.Architecture(side), []int{index}, c.Seed, epoch); !slices.Equal(noise, batch.NoiseQuery) {
				t.Errorf("epoch %d: image %d is masked otherwise", epoch, index)
			}
			batch.Release()
		}
	}
}

// TestViews: each method has the columns of what it is trained on.
func TestViews(t *testing.T) {
	for name, set := range map[string]func(*trainer.Config){
		"cmae": func(*trainer.Config) {},
		"mae":  func(c *trainer.Config) { c.Contrast.Weight, c.Location.Weight = 0, 0 },
		"moco": func(c *trainer.Config) { c.Preset(trainer.Config{Method: model.MoCo3}) },
	} {
		c := smallConfig(t, boxedFolder(t, 6))
		set(&c)
		path := filepath.Join(t.TempDir(), "views.png")
		if err := Views(context.Background(), c, nil, path, Sample{Count: 2, Seed: 1}); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		readPNG(t, path)
	}
}
