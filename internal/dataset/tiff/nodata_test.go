package tiff

import "testing"

// TestValue: GDAL writes what stands for no data as text, which may be anything.
func TestValue(t *testing.T) {
	for text, want := range map[string]float64{
		"-9999\x00": -9999, "0 \x00": 0, "-3.4028234663852886e+38\x00": -3.4028234663852886e+38,
	} {
		d := &directory{fields: map[int]field{tagNoData: {2, []byte(text)}}}
		if got := d.value(tagNoData); got == nil || *got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	for _, text := range []string{"", "\x00", "none\x00"} {
		d := &directory{fields: map[int]field{tagNoData: {2, []byte(text)}}}
		if got := d.value(tagNoData); got != nil {
			t.Errorf("%q: %v", text, *got)
		}
	}
}
