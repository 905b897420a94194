package judge

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"cmae/internal/dataset/augment"
	"cmae/internal/evaluate"
	"cmae/internal/recipe"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/weights"
	"cmae/internal/weights/safetensors"
)

// Probe is a trained linear probe, with what its encoder must be and must see. Its file holds
// tensors under the names of MAE's probes (head.0.running_mean, head.0.running_var, head.1.weight,
// head.1.bias) and the rest as JSON in the metadata.
type Probe struct {
	Head  evaluate.LinearHead
	About About
}

// About is what a probe is for.
type About struct {
	Classes  []string        `json:"classes"`
	Encoder  string          `json:"encoder"` // for people
	Digest   string          `json:"digest"`  // weights.File.Digest
	Feature  recipe.Feature  `json:"feature"`
	Side     int             `json:"image_size"` // S, at which the encoder saw images, in pixels
	Mean     [3]float64      `json:"mean"`       // of augment
	Std      [3]float64      `json:"std"`
	Protocol recipe.Protocol `json:"protocol"`
	Accuracy float64         `json:"accuracy"` // on the test images
}

// probeKey is the entry of the metadata that holds About.
const probeKey = "cmae-probe"

// Probe is the outcome of LinearProbe as something to keep.
func (s *Subject) Probe(r evaluate.Result) *Probe {
	c := s.options.Config
	return &Probe{Head: *r.Head, About: About{
		Classes: r.Head.Classes, Encoder: s.Encoder.Name, Digest: s.Digest, Feature: s.Encoder.Feature, Side: s.Encoder.Side,
		Mean: c.Augment.Mean, Std: c.Augment.Std, Protocol: r.Probe.Protocol, Accuracy: r.Accuracy,
	}}
}

// Save writes the file whole or not at all.
func (p *Probe) Save(path string) error {
	about, err := p.About.json()
	if err != nil {
		return fmt.Errorf("judge: save probe: %w", err)
	}
	h, dim := p.Head, p.Head.Dim()
	return safetensors.WriteFile(path, []safetensors.Tensor{
		safetensors.FromFloat32s("head.0.running_mean", []int{dim}, h.Mean),
		safetensors.FromFloat32s("head.0.running_var", []int{dim}, h.Variance),
		safetensors.FromFloat32s("head.1.weight", []int{len(h.Bias), dim}, h.Weight),
		safetensors.FromFloat32s("head.1.bias", []int{len(h.Bias)}, h.Bias),
	}, map[string]string{"format": "pt", probeKey: about})
}

func (a About) json() (string, error) {
	text, err := json.Marshal(a)
	return string(text), err
}

// OpenProbe reads what Save wrote. A file that is something else, or has been tampered with, is
// checkpoint.ErrMismatch, none checkpoint.ErrNone.
func OpenProbe(path string) (*Probe, error) {
	f, err := safetensors.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("judge: open probe: %w: %w", checkpoint.ErrNone, err)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p := &Probe{}
	if err := p.read(f); err != nil {
		return nil, fmt.Errorf("judge: open probe %q: %w: %w", path, checkpoint.ErrMismatch, err)
	}
	return p, nil
}

func (p *Probe) read(f *safetensors.File) error {
	text, ok := f.Metadata()[probeKey]
	if !ok {
		return fmt.Errorf("it is no linear probe: cmae linprobe saves one")
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&p.About); err != nil {
		return fmt.Errorf("metadata %s: %w", probeKey, err)
	}
	if err := p.About.validate(); err != nil {
		return fmt.Errorf("metadata %s: %w", probeKey, err)
	}
	_, shape, _ := f.Info("head.1.weight")
	classes, dim := len(p.About.Classes), 0
	if len(shape) == 2 {
		dim = shape[1]
	}
	h := &p.Head
	h.Classes = p.About.Classes
	for _, t := range []struct {
		name   string
		shape  []int
		values *[]float32
	}{
		{"head.1.weight", []int{classes, dim}, &h.Weight}, {"head.1.bias", []int{classes}, &h.Bias},
		{"head.0.running_mean", []int{dim}, &h.Mean}, {
			"head.0.running_var", []int{dim}, &h.Variance,
		},
	} {
		tensor, err := f.Tensor(t.name)
		if err != nil {
			return err
		}
		if *t.values, err = weights.Finite(tensor, t.name, t.shape); err != nil {
			return err
		}
	}
	for _, v := range h.Variance {
		if v < 0 {
			return fmt.Errorf("tensor head.0.running_var holds the negative %g", v)
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
	case a.Side < 1 || a.Side > 8192:
		return fmt.Errorf("images of %d pixels a side", a.Side)
	}
	return c.Validate()
}

// ProbePath is where the probe of a run belongs, empty for anything but a run: one of its
// checkpoints, a file, random weights. path is that of its weights.
func ProbePath(run, path string) string {
	ofRun := checkpoint.RunOf(path) == filepath.Clean(run) || path == filepath.Join(
		run, checkpoint.Last,
	)
	if run == "" || !ofRun {
		return ""
	}
	return filepath.Join(run, rundir.ProbeFile)
}

// KeepProbe saves the outcome of LinearProbe to a file, or, without one, beside the run where there
// is a run; it returns the path, empty if none was written. A run's folder that cannot be written
// to is a warning.
func (s *Subject) KeepProbe(r evaluate.Result, path string) (string, error) {
	if path != "" {
		return path, s.Probe(r).Save(path)
	}
	if path = ProbePath(s.options.From, s.Encoder.Name); path == "" {
		return "", nil
	}
	if err := s.Probe(r).Save(path); err != nil {
		s.options.Console.Warn("the probe is not kept: %v", err)
		return "", nil
	}
	return path, nil
}
