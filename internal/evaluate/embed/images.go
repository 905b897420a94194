package embed

import (
	"context"

	"cmae/internal/dataset"
	"cmae/internal/evaluate/encoder"
)

// unlabelled is the label of images without one.
const unlabelled = -1

// folder embeds a plain folder of images.
func (o Options) folder(
	ctx context.Context, e *encoder.Encoder,
) (*Table, []dataset.BadFile, error) {
	if err := e.FixSide(); err != nil {
		return nil, nil, err
	}
	images, err := dataset.OpenImages(e.Config.Data, o.Images, e.Console)
	if err != nil {
		return nil, nil, err
	}
	t := newTable(e)
	if err := t.fits(images.Len(), e.Config.Model.Features()); err != nil {
		return nil, nil, err
	}
	bad, err := e.Each(ctx, images, func(name string, feature []float32) {
		t.add(name, unlabelled)
		t.Values, t.Dim = append(t.Values, feature...), len(feature)
	})
	return t, bad, err
}
