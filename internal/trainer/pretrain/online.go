package pretrain

import (
	"context"

	"cmae/internal/dataset"
	"cmae/internal/evaluate/features"
	"cmae/internal/evaluate/knn"
)

// onlineKNN is the kNN accuracy of the encoder as it stands, on the test images of those with
// labels.
func (t *task) onlineKNN(ctx context.Context) (float64, error) {
	c := t.config
	shape := features.Config{
		Encoder: c.Encoder(), Side: t.run.Side, Batch: features.Batch,
		ComputeType: t.run.Choice.ComputeType,
	}
	x, err := features.NewIn(t.run.Replicas, t.run.Params, shape)
	if err != nil {
		return 0, err
	}
	defer x.Close()
	frozen, err := features.Freeze("online", x, shape, c.Probe.Feature)
	if err != nil {
		return 0, err
	}
	sets := [2]features.Set{}
	for i, split := range []*dataset.Set{t.labelled.Train, t.labelled.Test} {
		o := features.Loading{
			Augment: c.Augment, Fit: c.Data.Whole(), Loader: c.Loader,
			Processes: t.run.AllProcesses(),
		}
		if sets[i], err = frozen.EncodeAll(ctx, split, o); err != nil {
			return 0, err
		}
	}
	result, err := knn.Vote(
		ctx, t.run.Choice.Engine, sets[0], sets[1], c.Probe.KNNK, c.Probe.KNNTau,
		t.labelled.Train.Classes(),
	)
	if err != nil {
		return 0, err
	}
	return result.Accuracy, nil
}
