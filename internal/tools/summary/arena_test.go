package summary

import (
	"testing"

	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/recipe"
	"cmae/internal/trainer/pretrain"
)

// arenaOf builds a step and gives the bytes that its values take.
func arenaOf(t *testing.T, c recipe.Pretrain, side int) int {
	e := portable.New(1)
	defer e.Close()
	s, err := pretrain.NewStep(
		nn.NewParams(e, kernel.F32, 1), c.Architecture(side), c.Train.BatchSize, kernel.F32, false,
	)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	return s.Memory()
}
