package finetune

import (
	"context"
	"errors"
	"fmt"
	"io"

	"cmae/internal/comm"
	"cmae/internal/dataset/loader"
	"cmae/internal/evaluate"
	"cmae/internal/fault"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/trainer"
)

// judge is the classifier compiled for whole images, without anything dropped.
type judge struct {
	shape
	*exec.Func
}

func newJudge(p *nn.Params, s shape) (*judge, error) {
	f, err := exec.Compile(lanes.Single(p.Engine()), p, s.inner, func(b *exec.Builder) {
		b.Output("logits", s.forward(b, nil))
	})
	if err != nil {
		return nil, err
	}
	return &judge{s, f}, nil
}

// verdict judges every image that whole loads. whole's batches are of the judge's size.
func (j *judge) verdict(
	ctx context.Context, whole *loader.Loader, classes []string,
) (*evaluate.Confusion, error) {
	v := evaluate.NewConfusion(classes)
	stream := whole.Start(ctx, 0, 0, nil)
	defer stream.Close()
	for {
		batch, err := stream.Next()
		if errors.Is(err, io.EOF) {
			return v, nil
		}
		if err != nil {
			return nil, err
		}
		exec.Feed(j.Func, "images", batch.Query)
		if err := j.Run(); err != nil {
			return nil, err
		}
		logits := exec.Read[float32](j.Func, "logits")
		for _, x := range logits[:batch.Count*j.classes] {
			if !trainer.Finite(float64(x)) {
				return nil, fmt.Errorf(
					"finetune: judge: %w; lower optim.base_lr", fault.NonFinite,
				)
			}
		}
		for i, label := range batch.Labels[:batch.Count] {
			v.Add(logits[i*j.classes:(i+1)*j.classes], label)
		}
		batch.Release()
	}
}
