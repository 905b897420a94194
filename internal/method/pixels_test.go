package method_test

import (
	"testing"

	"cmae/internal/comm"
	"cmae/internal/config"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/method"
)

// TestImagesAreInTheComputeType where only encoders read them; pixels that are to be predicted are
// whole.
func TestImagesAreInTheComputeType(t *testing.T) {
	for _, c := range []struct {
		set        []string
		query, key kernel.DType // key 0: there is none
	}{
		{[]string{"contrast.weight=0", "location.weight=0"}, kernel.F32, 0},
		{nil, kernel.F32, kernel.BF16},
		{[]string{"reconstruct.weight=0"}, kernel.BF16, kernel.BF16},
		{[]string{"method=moco-v1"}, kernel.BF16, kernel.BF16},
		{[]string{"method=moco-v3"}, kernel.BF16, kernel.BF16},
	} {
		set := append(c.set, "train.batch_size=8")
		settings, err := method.Load(method.Default(), config.Source{Set: set})
		if err != nil {
			t.Fatal(err)
		}
		e := portable.New(1)
		defer e.Close()
		g := method.Graph{Method: method.Of(settings), Recipe: settings.At(28), Batch: 8}
		s, err := g.Compile(comm.Single(e), nn.NewParams(e, kernel.F32, 1), kernel.BF16)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if got := s.Value("query.images").Type; got != c.query {
			t.Errorf("%v: the query's images are %v, want %v", c.set, got, c.query)
		}
		if got := s.Has("key.images"); got != (c.key != 0) {
			t.Errorf("%v: a key %v", c.set, got)
		} else if got && s.Value("key.images").Type != c.key {
			t.Errorf("%v: the key's images are %v", c.set, s.Value("key.images").Type)
		}
	}
}
