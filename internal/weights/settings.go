package weights

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"

	"cmae/internal/dataset/eightbit"
	"cmae/internal/weights/safetensors"
)

// settingsKey is the entry of a safetensors file's metadata that holds Settings as JSON.
const settingsKey = "cmae"

// Settings are what an encoder needs besides its tensors, by the keys of a configuration: the
// number of heads, which shapes do not tell, and what its images must look like. A file says no
// more than that: it may come from a stranger.
type Settings struct {
	Model struct {
		Size      string  `json:"size"`
		PatchSize int     `json:"patch_size"`
		Dim       int     `json:"dim"`
		Depth     int     `json:"depth"`
		Heads     int     `json:"heads"`
		MLPRatio  float64 `json:"mlp_ratio"`
		// this and Width: a ResNet's, whose other fields are 0
		Stem  string `json:"stem,omitempty"`
		Width int    `json:"width,omitempty"`
	} `json:"model"`
	Data struct {
		ImageSize int `json:"image_size"`
		Channels  int `json:"channels,omitempty"` // absent for 3
		// how images become squares: absent for the largest central one
		Fit        string  `json:"fit,omitempty"`
		CropPct    float64 `json:"crop_pct,omitempty"`
		Background string  `json:"background,omitempty"` // also behind transparent pixels
		// how files become pixels: absent for the defaults
		Alpha           string `json:"alpha,omitempty"`
		ExifOrientation *bool  `json:"exif_orientation,omitempty"`
		Range           string `json:"range,omitempty"`
	} `json:"data"`
	// what data.range auto found in the training images; absent where it found none of more than 8
	// bits. No setting: File.Levels
	Levels  *eightbit.Levels `json:"levels,omitempty"`
	Augment struct {
		Mean []float64 `json:"mean,omitempty"`
		Std  []float64 `json:"std,omitempty"`
	} `json:"augment"`
	Probe struct {
		Feature string `json:"feature"`
	} `json:"probe"`
}

// classesKey is the entry that holds File.Classes as JSON.
const classesKey = "cmae-classes"

// Metadata is a safetensors file's metadata with s in it, and the names of classes unless they are
// nil. The format is what readers of PyTorch files ask for.
func (s Settings) Metadata(classes []string) map[string]string {
	text, err := json.Marshal(s)
	if err != nil {
		// numbers were validated as finite
		panic("weights: settings that are no JSON: " + err.Error())
	}
	m := map[string]string{"format": "pt", settingsKey: string(text)}
	if classes != nil {
		names, err := json.Marshal(classes)
		if err != nil {
			panic("weights: strings that are no JSON: " + err.Error())
		}
		m[classesKey] = string(names)
	}
	return m
}

// classesOf are the names in metadata, nil if there are none.
func classesOf(metadata map[string]string) (names []string, err error) {
	if text, ok := metadata[classesKey]; ok {
		if err = json.Unmarshal([]byte(text), &names); err != nil {
			return nil, fmt.Errorf("%w: metadata %q: %w", safetensors.ErrFormat, classesKey, err)
		}
	}
	return names, nil
}

// settingsOf is a configuration with the settings in metadata, nil if there are none, and what they
// say besides. JSON is YAML. Writing them anew leaves no place for what Settings does not have.
func settingsOf(metadata map[string]string) ([]byte, *eightbit.Levels, error) {
	text, ok := metadata[settingsKey]
	if !ok {
		return nil, nil, nil
	}
	var s Settings
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	err := d.Decode(&s)
	if err == nil {
		err = s.Levels.Validate(cmp.Or(s.Data.Channels, 3))
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%w: metadata %q: %w", safetensors.ErrFormat, settingsKey, err)
	}
	levels := s.Levels
	s.Levels = nil
	config, err := json.Marshal(s)
	return config, levels, err
}
