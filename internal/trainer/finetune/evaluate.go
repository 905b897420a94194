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
	"cmae/internal/kernel"
)

// evaluator is the classifier compiled for whole images, without anything dropped.
type evaluator struct {
	shape
	*exec.Func
}

func newEvaluator(p *nn.Params, s shape) (*evaluator, error) {
	f, err := exec.Compile(comm.Single(p.Engine()), p, s.compute, func(b *exec.Builder) {
		b.Output("logits", s.forward(b, nil))
	})
	if err != nil {
		return nil, err
	}
	return &evaluator{s, f}, nil
}

// classify answers every image that whole loads, [n,2]: the class that it takes the image for, and
// how many come before the image's own. whole's batches are of the evaluator's size.
func (e *evaluator) classify(
	ctx context.Context, whole *loader.Loader,
) (answers []int32, err error) {
	stream := whole.Start(ctx, 0, 0, nil)
	defer stream.Close()
	for {
		batch, err := stream.Next()
		if errors.Is(err, io.EOF) {
			return answers, nil
		}
		if err != nil {
			return nil, err
		}
		exec.Feed(e.Func, "images", batch.Query)
		if err := e.Run(); err != nil {
			return nil, err
		}
		logits := exec.Read[float32](e.Func, "logits")
		for _, x := range logits[:batch.Count*e.classes] {
			if !kernel.Finite(x) {
				return nil, fmt.Errorf(
					"finetune: evaluate: %w; lower optim.base_lr", fault.NonFinite,
				)
			}
		}
		for i, label := range batch.Labels[:batch.Count] {
			a := evaluate.AnswerOf(logits[i*e.classes:(i+1)*e.classes], label)
			answers = append(answers, int32(a.Class), int32(a.Rank))
		}
		batch.Release()
	}
}
