package probe

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/dataset/augment"
	"cmae/internal/evaluate"
	"cmae/internal/fault"
	"cmae/internal/recipe"
	"cmae/internal/weights"
	"cmae/internal/weights/safetensors"
)

// Probe is a trained classifier, with what its encoder must be and must see. Its file holds
// tensors under the names of MAE's probes (weightName and the others), and the rest as JSON in the
// metadata.
type Probe struct {
	Head  evaluate.LinearHead
	About About
}

// About is what a probe is for.
type About struct {
	Classes []string       `json:"classes"`
	Encoder string         `json:"encoder"` // for people
	Digest  string         `json:"digest"`  // weights.File.Digest
	Feature recipe.Feature `json:"feature"`
	Side    int            `json:"image_size"` // S, at which the encoder saw images, in pixels
	Mean    []float64      `json:"mean"`       // of augment
	Std     []float64      `json:"std"`
	// of data, where it is not crop, 1
	Fit        augment.Fitting `json:"fit,omitempty"`
	CropPct    float64         `json:"crop_pct,omitempty"`
	Background dataset.Colour  `json:"background,omitzero"` // of fit pad, without Conversion
	// of data; nil in older files, for which it is the encoder's
	Conversion *dataset.Conversion `json:"conversion,omitempty"`
	Protocol   recipe.Protocol     `json:"protocol"`
	Accuracy   float64             `json:"accuracy"` // on the test images
}

// aboutKey is the entry of the metadata that holds About.
const aboutKey = "cmae-probe"

// Save writes the file whole or not at all.
func (p *Probe) Save(path string) error {
	about, err := p.About.json()
	if err != nil {
		return fmt.Errorf("probe: save: %w", err)
	}
	var tensors []safetensors.Tensor
	for _, t := range p.tensors(len(p.Head.Bias), p.Head.Dim()) {
		tensors = append(tensors, safetensors.FromFloat32s(t.name, t.shape, *t.values))
	}
	return safetensors.WriteFile(
		path, tensors, map[string]string{"format": "pt", aboutKey: about},
	)
}

// The names of a probe's tensors.
const (
	weightName   = "head.1.weight"
	biasName     = "head.1.bias"
	meanName     = "head.0.running_mean"
	varianceName = "head.0.running_var"
)

// place is where a tensor of the file belongs in a head.
type place struct {
	name   string
	shape  []int
	values *[]float32
}

// tensors are the places of a head of so many classes on features of dim values.
func (p *Probe) tensors(classes, dim int) []place {
	h := &p.Head
	return []place{
		{weightName, []int{classes, dim}, &h.Weight},
		{biasName, []int{classes}, &h.Bias},
		{meanName, []int{dim}, &h.Mean},
		{varianceName, []int{dim}, &h.Variance},
	}
}

func (a About) json() (string, error) {
	text, err := json.Marshal(a)
	return string(text), err
}

// Open reads what Save wrote. A file that is something else, or has been tampered with, is
// fault.Mismatch, none fault.Missing.
func Open(path string) (*Probe, error) {
	f, err := safetensors.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("probe: open: %w: %w", fault.Missing, err)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p := &Probe{}
	if err := p.read(f); err != nil {
		return nil, fmt.Errorf("probe: open %q: %w: %w", path, fault.Mismatch, err)
	}
	return p, nil
}

func (p *Probe) read(f *safetensors.File) error {
	text, ok := f.Metadata()[aboutKey]
	if !ok {
		return fmt.Errorf("it is no linear probe: cmae linprobe saves one")
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&p.About); err != nil {
		return fmt.Errorf("metadata %s: %w", aboutKey, err)
	}
	if err := p.About.validate(); err != nil {
		return fmt.Errorf("metadata %s: %w", aboutKey, err)
	}
	_, shape, _ := f.Info(weightName)
	classes, dim := len(p.About.Classes), 0
	if len(shape) == 2 {
		dim = shape[1]
	}
	p.Head.Classes = p.About.Classes
	for _, t := range p.tensors(classes, dim) {
		tensor, err := f.Tensor(t.name)
		if err != nil {
			return err
		}
		if *t.values, err = weights.Finite(tensor, t.name, t.shape); err != nil {
			return err
		}
	}
	for _, v := range p.Head.Variance {
		if v < 0 {
			return fmt.Errorf("tensor %s holds the negative %g", varianceName, v)
		}
	}
	return nil
}

func (a About) validate() error {
	c := augment.Default()
	c.Mean, c.Std = a.Mean, a.Std
	switch {
	case len(a.Classes) < 2:
		return fmt.Errorf("%d classes", len(a.Classes))
	case a.Feature != recipe.Cls && a.Feature != recipe.Mean:
		return fmt.Errorf("feature %q", a.Feature)
	case !slices.Contains(
		[]augment.Fitting{"", augment.FitCrop, augment.FitSquash, augment.FitPad}, a.Fit,
	),
		a.CropPct != 0 && !(a.CropPct >= .5 && a.CropPct <= 1):
		return fmt.Errorf("fit %q with crop_pct %v", a.Fit, a.CropPct)
	case a.Side < 1 || a.Side > 8192:
		return fmt.Errorf("images of %d pixels a side", a.Side)
	case len(a.Mean) == 0 || len(a.Mean) != len(a.Std):
		return fmt.Errorf("%d means and %d deviations", len(a.Mean), len(a.Std))
	}
	if a.Conversion != nil {
		if err := a.Conversion.Check(len(a.Mean)); err != nil {
			return err
		}
	}
	return config.Check("augment", c)
}
