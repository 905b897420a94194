package trainertest

import (
	"context"
	"testing"

	"golang.org/x/sync/errgroup"

	"cmae/internal/comm"
	"cmae/internal/comm/commtest"
)

// Together has size processes train a run, and returns what the first of them does.
func Together[R any](
	t *testing.T, size int, train func(ctx context.Context, p comm.Processes) (R, error),
) (first R, err error) {
	t.Helper()
	var all errgroup.Group
	for _, p := range commtest.New(size) {
		all.Go(func() error {
			result, failed := train(t.Context(), p)
			if comm.First(p) {
				first, err = result, failed
			}
			return nil
		})
	}
	_ = all.Wait()
	return first, err
}
