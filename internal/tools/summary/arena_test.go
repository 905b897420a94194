package summary

import (
	"testing"

	"cmae/internal/comm"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/method"
	"cmae/internal/recipe"
)

// arenaOf builds a step and gives the bytes that its values take.
func arenaOf(t *testing.T, c recipe.Pretrain, side int) int {
	e := portable.New(1)
	defer e.Close()
	g := method.Graph{Method: method.Of(c), Recipe: c.At(side), Batch: c.Train.BatchSize}
	s, err := g.Compile(comm.Single(e), nn.NewParams(e, kernel.F32, 1), kernel.F32)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	return s.Memory()
}
