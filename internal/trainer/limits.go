package trainer

import (
	"errors"
	"fmt"

	"cmae/internal/config"
	"cmae/internal/graph"
	"cmae/internal/optim"
)

// mostBatch is the largest batch that a run may be asked for: with optim.MostEpochs, the steps of
// all epochs together stay a number that its clocks and schedules can count.
const mostBatch = 1 << 20

// CheckTrain refuses a train.epochs or train.batch_size above the limits. Every command that trains
// has these settings.
func CheckTrain(epochs, batch int) error {
	return config.AtMost(
		config.Most{Key: "train.epochs", Value: epochs, Limit: optim.MostEpochs},
		config.Most{Key: "train.batch_size", Value: batch, Limit: mostBatch},
	)
}

// FitsMemory turns a *graph.TooLarge, met by a step of the given number of images, into a fault of
// train.batch_size. Other errors pass.
func FitsMemory(err error, images int) error {
	var large *graph.TooLarge
	if !errors.As(err, &large) {
		return err
	}
	return &config.Error{
		Key:     "train.batch_size",
		Problem: fmt.Sprintf("with %d images at a time %v; lower it", images, large), Err: large,
	}
}
