package eightbit

import (
	"testing"

	"cmae/internal/config"
)

func TestRangeAsText(t *testing.T) {
	for text, want := range map[string]Range{
		"auto": AutoRange, "0,4095": "0,4095", "[0, 4095]": "0,4095", "-1.5 2": "-1.5,2",
	} {
		var r Range
		if err := r.UnmarshalText([]byte(text)); err != nil || r != want || r.Validate() != nil {
			t.Errorf("%q: %q, %v", text, r, err)
		}
	}
	type settings struct {
		Range Range `yaml:"range" doc:"range"`
	}
	for _, text := range []string{"range: [0, 4095]", "range: 0,4095", "range: \"0, 4095\""} {
		s := settings{AutoRange}
		if err := config.Decode(&s, "x.yaml", []byte(text)); err != nil || s.Range != "0,4095" {
			t.Errorf("%s: %q, %v", text, s.Range, err)
		}
	}
}
