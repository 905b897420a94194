package verify

import (
	"encoding/binary"
	"slices"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/weights/safetensors"
)

// Orders of eight images: as they are, for two groups of every second one, and at random.
var (
	straight = []int{0, 1, 2, 3, 4, 5, 6, 7}
	strided  = []int{0, 2, 4, 6, 1, 3, 5, 7}
	shuffled = []int{3, 6, 0, 5, 1, 7, 2, 4}
)

func grouped(batch, key []int) func(*reference) {
	return func(r *reference) { r.groups = grouping{batch, key} }
}

// TestOrders: the order of a key pass is found among those that a file gives, whichever of them it
// is, or by the one that undoes it; with groups of images that stand together as over devices, and
// with groups of every second one as in the authors' notebook.
func TestOrders(t *testing.T) {
	const file = "moco-v2-resnet50"
	e := portable.New(0)
	defer e.Close()
	for name, given := range map[string]map[string][]int{
		"both":                {"input.idx_shuffle": shuffled, "input.idx_unshuffle": inverse(shuffled)},
		"both, undoing first": {"input.a": inverse(shuffled), "input.b": shuffled},
		"undoing alone":       {"input.idx_unshuffle": inverse(shuffled)},
		"another of no use":   {"input.a": shuffled, "input.b": strided},
	} {
		for layout, batch := range map[string][]int{"devices": nil, "notebook": strided} {
			t.Run(name+", "+layout, func(t *testing.T) {
				g := grouping{batch, shuffled}
				if batch != nil {
					g.key = rows(shuffled, 1, batch)
				}
				r := open(t, file)
				r.groups = g
				ours, err := r.observe(e, kernel.F64, undisturbed)
				if err != nil {
					t.Fatal(err)
				}
				made := both(with(ours, "input.shuffle"), adding(given))
				r = openPath(t, rewrite(t, file, made))
				res, err := r.check(e, kernel.F64)
				if err != nil || !res.Passed() || !slices.Equal(r.groups.key, g.key) {
					t.Errorf("%v, %+v, order %v, want %v", err, res, r.groups.key, g.key)
				}
			})
		}
	}
}

// TestGroupsOfTheQuery: of the queries alone, every one depends on the images of its group.
func TestGroupsOfTheQuery(t *testing.T) {
	e := portable.New(0)
	defer e.Close()
	r := open(t, "moco-v2-resnet50")
	var queries [][]float64
	for _, batch := range [][]int{nil, straight, strided} {
		r.groups.batch = batch
		ours, err := r.observe(e, kernel.F64, undisturbed)
		if err != nil {
			t.Fatal(err)
		}
		queries = append(queries, ours.values["out.zq"])
	}
	if d := distance(queries[0], queries[1]); d > 1e-12 {
		t.Errorf("the batch as it is and in its own order differ by %g", d)
	}
	if d := distance(queries[0], queries[2]); d < 1e-2 {
		t.Errorf("other groups give the same queries but for %g", d)
	}
}

// adding adds orders to a file.
func adding(orders map[string][]int) change {
	return func(tensors []safetensors.Tensor, _ map[string]string) []safetensors.Tensor {
		for name, order := range orders {
			t := safetensors.Tensor{Name: name, DType: "I64", Shape: []int{len(order)}}
			for _, i := range order {
				t.Data = binary.LittleEndian.AppendUint64(t.Data, uint64(i))
			}
			tensors = append(tensors, t)
		}
		return tensors
	}
}
