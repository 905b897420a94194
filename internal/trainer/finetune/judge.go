package finetune

import (
	"context"
	"errors"
	"fmt"
	"io"

	G "gorgonia.org/gorgonia"

	"cmae/internal/dataset/loader"
	"cmae/internal/evaluate"
	"cmae/internal/graph"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/trainer"
)

// judge is the classifier compiled for whole images, without anything dropped.
type judge struct {
	shape
	engine      kernel.Engine
	images, ids kernel.Tensor
	logits      *G.Node
	machine     *graph.Machine
}

func newJudge(p *nn.Params, s shape) (*judge, error) {
	g, e := G.NewGraph(), p.Engine()
	j := &judge{shape: s, engine: e}
	err := op.Build(func() {
		scope := nn.NewScope(g, p, s.inner)
		j.images, j.ids = inputs(scope, e, s)
		j.logits = forward(scope, s, j.images, j.ids, nil)
	})
	if err != nil {
		return nil, err
	}
	j.machine, err = graph.Compile(e, g, G.Nodes{j.logits})
	return j, err
}

// run judges every image that whole loads. whole's batches are of the judge's size.
func (j *judge) run(
	ctx context.Context, whole *loader.Loader, classes []string,
) (*evaluate.Verdict, error) {
	v := evaluate.NewVerdict(classes)
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
		nn.WriteTensor(j.engine, j.images, batch.Query)
		if err := j.machine.RunAll(); err != nil {
			return nil, err
		}
		logits := nn.ReadTensor[float32](j.engine, j.machine.Value(j.logits))
		for _, x := range logits[:batch.Count*j.classes] {
			if !trainer.Finite(float64(x)) {
				return nil, fmt.Errorf(
					"finetune: judge: %w; lower optim.base_lr", evaluate.ErrNonFinite,
				)
			}
		}
		for i, label := range batch.Labels[:batch.Count] {
			v.Add(logits[i*j.classes:(i+1)*j.classes], label)
		}
		batch.Release()
	}
}

// close gives the memory back; the parameters stay.
func (j *judge) close() error {
	free(j.engine, j.images, j.ids)
	return j.machine.Close()
}
