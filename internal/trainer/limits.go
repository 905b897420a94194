package trainer

import (
	"errors"
	"fmt"

	"cmae/internal/config"
	"cmae/internal/graph"
)

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
