package runs

import (
	"errors"
	"fmt"

	"cmae/internal/config"
	"cmae/internal/graph"
)

// What a run may be asked for at most. The steps of all epochs together stay a number that its clocks and schedules can count.
const (
	MostEpochs = 1_000_000
	mostBatch  = 1 << 20
)

// CheckTrain refuses sizes of the section train, which every command that trains has, that no run can have.
func CheckTrain(epochs, batch int) error {
	return config.AtMost(
		config.Most{Key: "train.epochs", Value: epochs, Limit: MostEpochs},
		config.Most{Key: "train.batch_size", Value: batch, Limit: mostBatch},
	)
}

// FitsMemory makes err the fault of the batch where it says that a step of so many images is more than this machine can hold.
func FitsMemory(err error, images int) error {
	var large *graph.TooLarge
	if !errors.As(err, &large) {
		return err
	}
	return &config.Error{Key: "train.batch_size", Problem: fmt.Sprintf("with %d images at a time %v; lower it", images, large), Err: large}
}
