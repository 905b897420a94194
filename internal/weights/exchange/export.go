// Package exchange carries encoders between cmae and what others use: out of a run as a file that
// timm or torchvision loads, and into one from a file with the names of MAE, MoCo, DeiT, timm or
// torchvision.
//
// Reading order: export.go, timm.go (what timm must be told); onnx.go with onnxvit.go and
// onnxresnet.go (the graph of an encoder); import.go, names.go (which tensors belong to the
// encoder), layerscale.go (folded into the weights before it), huggingface.go and torchvision.go
// (their names).
package exchange

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"cmae/internal/atomicfile"
	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/dataset/augment"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/fault"
	"cmae/internal/graph/nn"
	"cmae/internal/model"
	"cmae/internal/recipe"
	"cmae/internal/weights"
	"cmae/internal/weights/safetensors"
)

// ExportOptions say what of an encoder goes where.
type ExportOptions struct {
	Out      string // ends in .safetensors
	Momentum bool   // the momentum encoder instead of the trained one
	Decoder  bool   // the decoder too
}

// Exported tells what was written.
type Exported struct {
	Out      string `json:"out"`
	Sidecar  string `json:"sidecar"`
	From     string `json:"from"`
	Momentum bool   `json:"momentum"`
	Decoder  bool   `json:"decoder"`
	Classes  int    `json:"classes"` // of a finetuned encoder's head, else 0
	Tensors  int    `json:"tensors"`
	// with the table of positions, as publications count
	Parameters int              `json:"parameters"`
	Settings   weights.Settings `json:"settings"`
	TimmArgs   *TimmArgs        `json:"timm_args,omitempty"` // of a transformer
	Changes    []string         `json:"changes,omitempty"`   // of a ResNet, to torchvision's
}

// Export writes an encoder under the names of timm, MAE and torchvision, and beside it FILE.json
// with what timm must be told. Weights that are not the encoder of the settings give
// fault.Mismatch; then nothing is written.
func Export(e *encoder.Encoder, o ExportOptions) (Exported, error) {
	side, err := e.SettleSide() // of a ResNet it may be 0, any
	if err != nil {
		return Exported{}, err
	}
	file, c := e.File, e.Config
	if o.Momentum {
		if file, err = momentum(file); err != nil {
			return Exported{}, err
		}
	}
	shapes, classes, err := o.shapes(file, c, side)
	if err != nil {
		return Exported{}, err
	}
	tensors, err := collect(file, shapes)
	if err != nil {
		return Exported{}, err
	}
	s := settings(c, side)
	hub := timmConfig(s, c.Encoder(), classes)
	r := Exported{
		Out: o.Out, Sidecar: strings.TrimSuffix(o.Out, filepath.Ext(o.Out)) + ".json",
		From: file.Path, Momentum: o.Momentum, Decoder: o.Decoder, Classes: len(classes),
		Tensors: len(tensors), Settings: s, TimmArgs: hub.Args, Changes: hub.Changes,
	}
	for _, t := range tensors {
		r.Parameters += len(t.Data) / 4
	}
	text, err := json.MarshalIndent(hub, "", "  ")
	if err != nil {
		return r, fmt.Errorf("exchange: export: %w", err)
	}
	if err := safetensors.WriteFile(o.Out, tensors, s.Metadata(classes)); err != nil {
		return r, err
	}
	if err := atomicfile.Write(r.Sidecar, append(text, '\n'), 0o644); err != nil {
		return r, fmt.Errorf("exchange: write %q: %w", r.Sidecar, err)
	}
	return r, nil
}

// shapes are the names and shapes of what the file is exported as, and the classes of its head: a
// finetuned encoder goes with it.
func (o ExportOptions) shapes(
	f *weights.File, c recipe.Pretrain, side int,
) (*nn.Params, []string, error) {
	if head := f.HeadOf(c.Model.IsResNet()); head != "" && !o.Decoder {
		outputs := 0
		if s := f.Shape(head + "weight"); len(s) > 0 {
			outputs = s[0]
		}
		if len(f.Classes) != outputs {
			return nil, nil, fmt.Errorf(
				"exchange: %w: %q names %d classes, and its head has %d", fault.Mismatch,
				f.Path, len(f.Classes), outputs,
			)
		}
		p, err := model.ClassifierShapes(c.Encoder(), side, outputs)
		return p, f.Classes, config.Invalid(err)
	}
	var decoder *model.DecoderConfig
	if o.Decoder && c.Model.IsResNet() {
		return nil, nil, config.Errorf(
			"model.size", "%s has no decoder: leave --decoder out", c.Model.Size,
		)
	}
	if o.Decoder {
		decoder = &c.Decoder
	}
	p, err := model.Shapes(c.Encoder(), decoder, side)
	return p, nil, config.Invalid(err)
}

// momentum is the momentum encoder of a checkpoint by itself.
func momentum(f *weights.File) (*weights.File, error) {
	copies := f.Rename(
		func(name string) (string, bool) { return strings.CutPrefix(name, nn.MomentumPrefix) },
	)
	if len(copies.Names()) == 0 {
		return nil, fmt.Errorf(
			"exchange: %w: %q has no momentum encoder: it is a bare file, or of a run with "+
				"contrast.weight 0; leave --momentum out",
			fault.Mismatch, f.Path,
		)
	}
	return copies, nil
}

// collect takes the tensors of these shapes out of a file as float32. All must be there and finite.
func collect(f *weights.File, p *nn.Params) ([]safetensors.Tensor, error) {
	loaded, err := f.Load(p)
	if err != nil {
		return nil, err
	}
	missing := slices.Clone(loaded.Fresh)
	var list []safetensors.Tensor
	for _, param := range p.All() {
		if _, ok := f.Tensor(param.Name); !ok {
			if param.Role == nn.Fixed {
				missing = append(missing, param.Name)
			}
			continue
		}
		values, err := floatsOf(f, param.Name)
		if err != nil {
			return nil, err
		}
		list = append(list, safetensors.FromFloat32s(param.Name, param.Value.Shape, values))
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf(
			"exchange: %w: %q lacks %s", fault.Mismatch, f.Path,
			strings.Join(missing, ", "),
		)
	}
	return list, nil
}

// settings are what travels with the weights of an encoder.
func settings(c recipe.Pretrain, side int) weights.Settings {
	var s weights.Settings
	m := c.Encoder()
	s.Model.Size = string(m.Size)
	if m.IsResNet() {
		s.Model.Stem, s.Model.Width = string(m.Stem), m.Width
	} else {
		s.Model.PatchSize, s.Model.MLPRatio = m.PatchSize, m.MLPRatio
		s.Model.Dim, s.Model.Depth, s.Model.Heads = m.Dim, m.Depth, m.Heads
	}
	s.Data.ImageSize = side
	if n := m.In(); n != 3 {
		s.Data.Channels = n
	}
	d, usual := c.Data, dataset.Default()
	switch {
	case d.Fit != augment.FitCrop:
		s.Data.Fit = string(d.Fit)
	case d.CropPct != 1:
		s.Data.CropPct = d.CropPct
	}
	if d.Fit == augment.FitPad || d.Background != usual.Background {
		s.Data.Background = fmt.Sprintf("#%x", d.Background[:])
	}
	if d.Alpha != usual.Alpha {
		s.Data.Alpha = string(d.Alpha)
	}
	if d.ExifOrientation != usual.ExifOrientation {
		s.Data.ExifOrientation = &d.ExifOrientation
	}
	if d.Range != usual.Range {
		s.Data.Range = string(d.Range)
	} else {
		s.Levels = d.FoundLevels()
	}
	s.Augment.Mean, s.Augment.Std = c.Augment.Mean, c.Augment.Std
	s.Probe.Feature = string(c.Probe.Feature)
	return s
}
