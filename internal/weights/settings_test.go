package weights

import (
	"errors"
	"strings"
	"testing"

	"cmae/internal/weights/safetensors"
)

// TestSettingsComeBack: what a file says of itself is a configuration, and nothing else gets into
// one.
func TestSettingsComeBack(t *testing.T) {
	var s Settings
	s.Model.Size, s.Model.Heads, s.Data.ImageSize = "base", 12, 224
	s.Augment.Std = []float64{1, 1, 1}
	text, _, err := settingsOf(s.Metadata(nil))
	if err != nil || !strings.Contains(string(text), `"heads":12`) ||
		!strings.Contains(string(text), `"image_size":224`) {
		t.Errorf("%v: %s", err, text)
	}
	if text, _, err := settingsOf(map[string]string{"format": "pt"}); text != nil || err != nil {
		t.Errorf("%v: %s", err, text)
	}
	for _, hostile := range []string{
		`{"data":{"path":"x"}}`, `{"model":{"heads":1.5}}`, `{`, `[]`,
		`{"levels":{"words":{"black":2,"white":1}}}`, `{"levels":{"bands":[{}]}}`,
	} {
		if _, _, err := settingsOf(
			map[string]string{settingsKey: hostile},
		); !errors.Is(err, safetensors.ErrFormat) {
			t.Errorf("%s: %v", hostile, err)
		}
	}
}
