package trainer

import (
	"context"

	"cmae/internal/kernel"
	"cmae/internal/loader"
	"cmae/internal/runs"
)

// endEpoch writes the epoch's rows, moves on to the next and saves when it is time. A run interrupted in it comes back to its beginning.
func (t *trainer) endEpoch(ctx context.Context) error {
	c := t.config.Train
	mean := t.at.lossSum / float64(t.at.inEpoch)
	row := Row{Event: "epoch", Step: t.at.step, Epoch: t.at.epoch, Loss: &mean}
	score := mean
	due := c.KNNEvery > 0 && (t.at.epoch+1)%c.KNNEvery == 0
	if due {
		accuracy, err := t.onlineKNN(ctx)
		if err != nil {
			return err
		}
		row.Accuracy, t.summary.KNNAccuracy = &accuracy, &accuracy
		t.console.Log("epoch %d/%d: mean loss %.4f, kNN %.4f", t.at.epoch+1, c.Epochs, mean, accuracy)
		score = -accuracy
	}
	if err := t.logs.Write(row); err != nil {
		return err
	}
	t.at.epoch, t.at.inEpoch, t.at.lossSum = t.at.epoch+1, 0, 0
	t.at.loss = mean
	last := t.at.epoch == c.Epochs
	save := last || t.at.epoch%c.CheckpointEvery == 0
	better := score < t.at.best && (c.Best == "loss" && save || c.Best == "knn" && due)
	if better {
		t.at.best = score
	}
	if !save && !better {
		return nil
	}
	_, err := t.save(better)
	return err
}

// finish fills in what the result says of the whole run, which may have ended in an earlier session.
func (t *trainer) finish() {
	s := &t.summary
	s.Run, s.Checkpoint, s.Steps, s.Epochs, s.Loss = t.options.Run, t.store.Path(t.at.step), t.at.step, t.at.epoch, t.at.loss
	s.Engine, s.Precision = t.choice.Name(), t.choice.Inner.String()
}

// diverged writes what is needed to look into a step that failed.
func (t *trainer) diverged(b *loader.Batch, term string, terms map[string]float64, grads []kernel.Tensor, lr float64) error {
	if term == "gradient" {
		term = "gradient of " + runs.NotFinite(t.choice.Engine, t.step.Params, grads)
	}
	return t.folder.Diverged(runs.Failure{
		Step: t.at.step + 1, Epoch: t.at.epoch, Position: t.at.inEpoch, Term: term, LR: lr, Seed: t.config.Seed, Images: b.Indices,
	}, terms)
}
