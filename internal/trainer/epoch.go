package trainer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/google/renameio/v2"

	"cmae/internal/kernel"
	"cmae/internal/loader"
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
	if err := t.metrics.write(row); err != nil {
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

// Diverged is the error of a run whose loss or gradient was no longer finite. The step's update was not made.
type Diverged struct {
	Step int    // the step that failed, from 1
	Term string // con, loc, ctr, total, or "gradient of NAME"
}

func (e *Diverged) Error() string {
	return fmt.Sprintf("diverged at step %d: %s is not finite; the update was not made; lower optim.base_lr or set optim.clip_norm, and --resume from the last checkpoint", e.Step, e.Term)
}

// diverged writes what is needed to look into a step that failed: every draw follows from the seed, the epoch and the images named.
func (t *trainer) diverged(b *loader.Batch, term string, terms map[string]float64, grads []kernel.Tensor, lr float64) error {
	e := &Diverged{Step: t.at.step + 1, Term: term}
	if term == "gradient" {
		for i, g := range grads {
			if s := t.choice.Engine.SumSquares(g); math.IsNaN(s) || math.IsInf(s, 0) {
				e.Term = "gradient of " + t.step.Params[i].Name
				break
			}
		}
	}
	text := map[string]string{}
	for name, v := range terms {
		text[name] = fmt.Sprint(v) // JSON has no NaN
	}
	bundle, err := json.MarshalIndent(map[string]any{
		"step": e.Step, "epoch": t.at.epoch, "position": t.at.inEpoch, "term": e.Term, "losses": text, "lr": lr,
		"seed": t.config.Seed, "images": b.Indices,
	}, "", "  ")
	if err == nil {
		err = renameio.WriteFile(t.folder.file("diverged.json"), append(bundle, '\n'), 0o644)
	}
	return errors.Join(e, err)
}
