package safetensors

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// checkLayout makes sure that every tensor is as long as its shape says and that together they
// cover the data's bytes exactly, in any order. Tensors of no bytes may share an offset with
// others.
func checkLayout(tensors map[string]info, dataSize int64) error {
	names := slices.SortedFunc(maps.Keys(tensors), func(a, b string) int {
		x, y := tensors[a], tensors[b]
		return cmp.Or(cmp.Compare(x.begin, y.begin), cmp.Compare(x.end, y.end), cmp.Compare(a, b))
	})
	var covered int64
	for _, name := range names {
		t := tensors[name]
		size, err := byteSize(t.dtype, t.shape)
		switch {
		case err != nil:
			return fmt.Errorf("tensor %.80q: %w", name, err)
		case t.end < t.begin:
			return fmt.Errorf(
				"tensor %.80q: ends at byte %d, before its begin %d", name, t.end, t.begin,
			)
		case t.end > dataSize:
			return fmt.Errorf(
				"tensor %.80q: ends at byte %d of %d: the file is cut off or its header lies", name,
				t.end, dataSize,
			)
		case t.end-t.begin != size:
			return fmt.Errorf(
				"tensor %.80q: has %d bytes, but %s %s needs %d", name, t.end-t.begin, t.dtype,
				shapeText(t.shape), size,
			)
		case t.begin < covered:
			return fmt.Errorf(
				"tensor %.80q: overlaps another, which ends at byte %d", name, covered,
			)
		case t.begin > covered:
			return fmt.Errorf("tensor %.80q: hole of %d bytes before it", name, t.begin-covered)
		}
		covered = t.end
	}
	if covered != dataSize {
		return fmt.Errorf("%d trailing bytes belong to no tensor", dataSize-covered)
	}
	return nil
}

// shapeText is the shape for a message, cut where a hostile header made it long.
func shapeText(shape []int) string {
	if len(shape) > 8 {
		return fmt.Sprintf("%v... (%d axes)", shape[:8], len(shape))
	}
	return fmt.Sprint(shape)
}
