package portable

import (
	"fmt"

	"cmae/internal/kernel"
	"cmae/internal/kernel/bfloat16"
)

// convert changes the element type, BF16 by way of float32.
func convert[D, S kernel.Element](w workers, dst []D, src []S) {
	if w.threads == 1 {
		convertPart(dst, src)
		return
	}
	w.each(len(dst), elementGrain, func(lo, hi int) { convertPart(dst[lo:hi], src[lo:hi]) })
}

func convertPart[D, S kernel.Element](dst []D, src []S) {
	d := any(dst)
	switch s := any(src).(type) {
	case []float32:
		switch d := d.(type) {
		case []float32:
			copy(d, s)
		case []float64:
			recast(d, s)
		case []kernel.Bits16:
			bfloat16.Round(d, s)
		}
	case []float64:
		switch d := d.(type) {
		case []float32:
			recast(d, s)
		case []float64:
			copy(d, s)
		case []kernel.Bits16:
			bfloat16.Round(d, s)
		}
	case []kernel.Bits16:
		switch d := d.(type) {
		case []float32:
			bfloat16.Widen(d, s)
		case []float64:
			bfloat16.Widen(d, s)
		case []kernel.Bits16:
			copy(d, s)
		}
	default:
		panic(fmt.Sprintf("portable: cast of %s", kernel.TypeOf[S]()))
	}
}

func recast[D, S float](dst []D, src []S) {
	for i, v := range src {
		dst[i] = D(v)
	}
}
