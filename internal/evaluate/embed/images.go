package embed

import (
	"context"

	"cmae/internal/dataset"
	"cmae/internal/evaluate/judge"
)

// unlabelled is the label of images without one.
const unlabelled = -1

// folder embeds a plain folder of images.
func (o Options) folder(ctx context.Context) (*table, []dataset.BadFile, error) {
	var err error
	if o.Config.Data.ImageSize, err = o.Side(); err != nil {
		return nil, nil, err
	}
	images, err := dataset.OpenImages(o.Config.Data, o.Images)
	if err != nil {
		return nil, nil, err
	}
	s, err := judge.OpenFor(o.Options, images)
	if err != nil {
		return nil, nil, err
	}
	defer s.Close()
	t := newTable(s.Encoder)
	bad, err := s.Each(ctx, images, func(name string, feature []float32) {
		t.add(name, unlabelled)
		t.values, t.dim = append(t.values, feature...), len(feature)
	})
	return t, bad, err
}
