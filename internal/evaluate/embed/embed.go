// Package embed writes what an encoder makes of images to a file that other programs read.
//
//	FILE.csv           path,label,f0,f1,..: label is the class's name, empty where there is none
//	FILE.npy           an array [n,D] of float32; FILE.paths.txt has the path of each row on a
//	                   line, quoted where it holds a line break or begins with a quote
//	FILE.safetensors   features F32 [n,D], labels I64 [n] (-1 for none), paths U8, path_ends
//	                   I64 [n]: row i's path is the bytes of paths from path_ends[i-1] (0 for the
//	                   first) to path_ends[i]; metadata: encoder, feature, image_size, and classes
//	                   as JSON
//
// Where every patch token has a feature (encoder.Options.Patches), features are [n,N,D], patches
// row by row, and .csv is refused. Rows are in the order of the data. Files appear whole or not at
// all.
//
// Reading order: embed.go, images.go (a plain folder), table.go (what is written), formats.go and
// npy.go (how).
package embed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"cmae/internal/dataset"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/fault"
	"cmae/internal/kernel"
	"cmae/internal/machine"
)

// Split says which of the configured images are embedded.
type Split string

// The splits.
const (
	Train Split = "train"
	Test  Split = "test"
	All   Split = "all" // train, then test where there is one
)

// Options say which images' features go where.
type Options struct {
	Split  Split
	Images string // a folder of images without labels, instead of the configured data
	Out    string // the file to write
}

// Check refuses what the options cannot mean, before any work.
func (o Options) Check() error {
	if err := o.CheckImages(); err != nil {
		return err
	}
	_, err := formatOf(o.Out)
	return err
}

// CheckImages is Check of the images alone, wherever their features go.
func (o Options) CheckImages() error {
	if o.Split != Train && o.Split != Test && o.Split != All {
		return fmt.Errorf("embed: split %q is not one of %s, %s, %s", o.Split, Train, Test, All)
	}
	if info, err := os.Stat(o.Images); err == nil && !info.IsDir() {
		return fmt.Errorf(
			"embed: %q is a file: give a folder of images, such as the one that it is in", o.Images,
		)
	}
	return nil
}

// Summary tells what was written.
type Summary struct {
	Out     string            `json:"out"`
	Paths   string            `json:"paths,omitempty"` // the file of paths beside a .npy file
	Encoder string            `json:"encoder"`
	Feature string            `json:"feature"`
	Images  int               `json:"images"`
	Patches int               `json:"patches,omitempty"` // of an image, where each has a feature
	Dim     int               `json:"dim"`
	Side    int               `json:"image_size"`
	Classes int               `json:"classes"` // 0 without labels
	Bad     []dataset.BadFile `json:"bad"`     // files left out
	Seconds float64           `json:"seconds"`
}

// Run embeds the images. An encoder that gives numbers that are not finite is
// fault.Mismatch.
func Run(ctx context.Context, e *encoder.Encoder, o Options) (_ Summary, err error) {
	start := time.Now()
	if err := o.Check(); err != nil {
		return Summary{}, err
	}
	if e.OfPatches() && filepath.Ext(o.Out) == ".csv" {
		return Summary{}, fmt.Errorf(
			"embed: %w: --out: patches have no place in %q: take .npy or .safetensors", fault.Usage,
			o.Out,
		)
	}
	out, err := create(o.Out)
	if err != nil {
		return Summary{}, err
	}
	defer func() { err = errors.Join(err, out.cleanup()) }()
	t, bad, err := o.Collect(ctx, e)
	if err == nil {
		err = out.write(t)
	}
	if err != nil {
		return Summary{}, err
	}
	return Summary{
		Out: o.Out, Paths: out.pathsName(), Encoder: t.Encoder, Feature: t.Feature,
		Images: len(t.Paths), Patches: t.Patches, Dim: t.Dim / max(t.Patches, 1),
		Side: t.Side, Classes: len(t.Classes), Bad: bad,
		Seconds: time.Since(start).Seconds(),
	}, nil
}

// Collect embeds the images and writes nothing. Files that were left out are returned.
func (o Options) Collect(
	ctx context.Context, e *encoder.Encoder,
) (*Table, []dataset.BadFile, error) {
	t, bad, err := o.collect(ctx, e)
	if err == nil {
		err = t.check()
	}
	return t, bad, err
}

func (o Options) collect(
	ctx context.Context, e *encoder.Encoder,
) (*Table, []dataset.BadFile, error) {
	if o.Images != "" {
		return o.folder(ctx, e)
	}
	data, err := e.Data(ctx)
	if err != nil {
		return nil, nil, err
	}
	splits, err := o.splits(data)
	if err != nil {
		return nil, nil, err
	}
	t, images := newTable(e), 0
	for _, split := range splits {
		images += split.Len()
	}
	if err := t.fits(images, e.Config.Model.Features()); err != nil {
		return nil, nil, err
	}
	t.Classes = data.Train.Classes()
	for _, split := range splits {
		f, err := e.Features(ctx, split)
		if err != nil {
			return nil, nil, err
		}
		for i := range split.Len() {
			label := f.Labels[i]
			if len(t.Classes) == 0 {
				label = unlabelled
			}
			t.add(split.Name(i), label)
		}
		t.Values, t.Dim = append(t.Values, f.Values...), f.Dim
	}
	return t, append([]dataset.BadFile{}, data.Report.Bad...), nil
}

// splits are the images asked for; a test split that the data does not have is fault.Data.
func (o Options) splits(data *dataset.Data) ([]*dataset.Set, error) {
	switch {
	case o.Split == Train, o.Split == All && data.Test == nil:
		return []*dataset.Set{data.Train}, nil
	case data.Test == nil:
		return nil, &dataset.Error{Path: data.Report.Path, Err: errors.New("has no test images"),
			Remedy: "leave out --split, or name the folder of the images in the command"}
	case o.Split == Test:
		return []*dataset.Set{data.Test}, nil
	}
	return []*dataset.Set{data.Train, data.Test}, nil
}

// fits refuses patches of so many images, d wide, that memory cannot hold.
func (t *Table) fits(images, d int) error {
	bytes := 4 * float64(images) * float64(t.Patches) * float64(d)
	if most := machine.MostMemory(); bytes > most/2 {
		return fmt.Errorf(
			"embed: %d patches of %d images take %.1f GB, more than half of this machine's %.1f: "+
				"embed them in parts, by --split or folder by folder",
			t.Patches, images, bytes/1e9, most/1e9,
		)
	}
	return nil
}

// check refuses features that are no numbers, naming the first image.
func (t *Table) check() error {
	for i, v := range t.Values {
		if !kernel.Finite(v) {
			return fmt.Errorf(
				"embed: the feature of %q holds %g: %w: weights are damaged, or training had "+
					"diverged",
				t.Paths[i/t.Dim], v, fault.Mismatch,
			)
		}
	}
	return nil
}
