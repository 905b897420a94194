package weights

import (
	"fmt"
	"math"
	"strings"
)

// usualWeight is what no weight of a trained encoder comes near.
const usualWeight = 1e6

// Doubt says in one line why the encoder in the file can hardly be of use although its numbers are
// finite: matrices that are all zero, numbers beyond all measure. It is empty where nothing is
// strange.
func (f *File) Doubt() string {
	var zero, large []string
	for _, name := range f.Names() {
		t := f.tensors[name]
		values, err := t.Float32s()
		if err != nil || !isEncoder(name) {
			continue
		}
		most := 0.0
		for _, v := range values {
			most = max(most, math.Abs(float64(v)))
		}
		switch {
		case most > usualWeight:
			large = append(large, fmt.Sprintf("%s (up to %.3g)", Shown(name), most))
		case most == 0 && len(t.Shape) > 1 && strings.HasSuffix(name, ".weight"):
			zero = append(zero, Shown(name))
		}
	}
	var doubts []string
	if n := len(zero); n > 0 {
		doubts = append(doubts, fmt.Sprintf("%d weights are all zero, first %s", n, zero[0]))
	}
	if n := len(large); n > 0 {
		doubts = append(doubts, fmt.Sprintf("%d tensors hold huge numbers, first %s", n, large[0]))
	}
	return strings.Join(doubts, "; ")
}
