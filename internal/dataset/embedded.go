package dataset

import (
	"embed"
	"fmt"
	"io/fs"

	"cmae/internal/dataset/clutter"
	"cmae/internal/dataset/eightbit"
	"cmae/internal/dataset/surfaces"
	"cmae/internal/rng"
)

// fashion is a class-balanced part of Fashion-MNIST (MIT licence, beside it): 5,000 images to train
// on and 1,000 to test, 28x28, made by scripts/fashion-mnist-mini.
//
//go:embed fashion/*
var fashion embed.FS

// embedded reports whether the binary carries images of the format, or what draws them.
func (f Format) embedded() bool { return f == FashionMNISTMini || f == Clutter || f == Surfaces }

// Title is what people call the images of a format that needs no folder.
func (f Format) Title() string {
	switch f {
	case Clutter:
		return "scenes of garments among distractors"
	case Surfaces:
		return "drawn surfaces"
	}
	return "the embedded Fashion-MNIST"
}

// readEmbedded lists what needs no folder.
func (in *input) readEmbedded(c Config) (err error) {
	if in.format == Auto {
		in.format = FashionMNISTMini
	}
	in.folder.path = string(in.format)
	if err := c.fits(in.format); err != nil {
		return err
	}
	if in.format == Surfaces {
		in.train, in.test = drawn("train", 0, 500), drawn("test", 1, 100)
		return in.holdOut(c.Holdout)
	}
	sub, err := fs.Sub(fashion, "fashion")
	if err != nil {
		return err
	}
	channels := c.Channels
	if in.format == Clutter {
		channels = 1
	}
	in.train, in.test, err = readIDX(folder{files: sub, path: in.folder.path}, channels)
	if err != nil {
		return err
	}
	if in.format == Clutter {
		if in.train, err = scenes(in.train, 0, 4); err == nil {
			in.test, err = scenes(in.test, 1, 2)
		}
		if err != nil {
			return err
		}
	}
	return in.holdOut(c.Holdout)
}

// What is drawn is the same in every run. Another drawing needs another stamp, by which cached
// images are known.
const (
	drawnSeed     = 1
	scenesStamp   = "scene 1"
	surfacesStamp = "surface 1"
)

// drawn is a split of surfaces, so many of each kind.
func drawn(name string, split uint64, each int) *source {
	s := source{name: name, classes: surfaces.Classes()}
	for i := range each * len(s.classes) {
		s.entries = append(s.entries, entry{
			name: fmt.Sprintf("surface[%d]", i), label: i % len(s.classes), record: i,
			stamp: surfacesStamp,
		})
	}
	s.load = func(e entry, use func(Image, eightbit.Traits)) error {
		r := rng.For(drawnSeed, rng.Surface, split, uint64(e.record))
		use(surfaces.Draw(e.label, r), eightbit.Traits{Bands: 3})
		return nil
	}
	return &s
}

// scenes is a split of scenes, so many of each garment.
func scenes(garments *source, split uint64, each int) (*source, error) {
	s := *garments
	s.entries = nil
	place := func(e entry) (scene clutter.Scene, err error) {
		r := rng.For(drawnSeed, rng.Scene, split, uint64(e.record))
		e.record /= each
		err = garments.load(e, func(garment Image, _ eightbit.Traits) {
			scene = clutter.New(garment.Pix, r)
		})
		return scene, err
	}
	for _, e := range garments.entries {
		for i := range each {
			one := entry{
				name: fmt.Sprintf("scene[%d]", len(s.entries)), label: e.label,
				record: e.record*each + i, stamp: e.stamp + scenesStamp,
			}
			scene, err := place(one)
			if err != nil {
				return nil, err
			}
			b := scene.Box()
			one.box = pixelBox{b.Min.X, b.Min.Y, b.Max.X, b.Max.Y}
			s.entries = append(s.entries, one)
		}
	}
	s.load = func(e entry, use func(Image, eightbit.Traits)) error {
		scene, err := place(e)
		if err == nil {
			use(scene.Draw(), eightbit.Traits{Bands: 3})
		}
		return err
	}
	return &s, nil
}
