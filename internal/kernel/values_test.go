package kernel_test

import (
	"slices"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
)

func TestValuesAreConverted(t *testing.T) {
	e := portable.New(1)
	defer e.Close()
	want := []float64{1, -2, 0.5}
	for _, as := range []kernel.DType{kernel.F32, kernel.F64} {
		x := e.New(as, len(want))
		kernel.Write(e, x, want)
		if got := kernel.Read[float64](e, x); !slices.Equal(got, want) {
			t.Errorf("%s: wrote %v and read %v", as, want, got)
		}
		if got := kernel.Scalar(e, x.Part(1, 2)); got != -2 {
			t.Errorf("%s: the second value is %v", as, got)
		}
	}
	labels := e.New(kernel.I32, 2)
	kernel.Write(e, labels, []float32{3, 7})
	raw := make([]int32, 2)
	e.Download(kernel.Bytes(raw), labels)
	if raw[0] != 3 || raw[1] != 7 {
		t.Errorf("labels are %v", raw)
	}
}
