package recipe

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"cmae/internal/config"
	"cmae/internal/fault"
	"cmae/internal/model"
)

// reader is a pretraining as readers of its encoder take it: by the same keys, each section
// checked, but not what only training needs of them together: it has no Validate. So an encoder
// that masked pretraining could not train can be evaluated.
type reader Pretrain

// Fit is the probe's: what trains is not looked at.
func (r *reader) Fit(later func(path, than string) bool) { r.Probe.Fit(later) }

// LoadReader changes base by a file, the environment and the command line, for a command that reads
// an encoder and trains none.
func LoadReader(base Pretrain, source config.Source) (Pretrain, error) {
	r := reader(base)
	err := config.Load(&r, source)
	return Pretrain(r), err
}

// shared are the sections that every kind of run has, with the same meaning; of augment that is the
// normalisation.
var shared = []string{"seed", "engine", "precision", "threads", "data", "loader", "model", "probe"}

// OfWeights are the settings that a file of weights comes with: text, the defaults where it is nil.
// Of a run of another kind than pretraining, such as finetuning, they are what readers need.
// Settings that cannot be read are fault.Mismatch of the file at path. Where none states the size
// of patches it is model.SmallPatch, which it was before it could be left open.
func OfWeights(path string, text []byte) (Pretrain, error) {
	r := reader(DefaultPretrain())
	r.Model.PatchSize = model.SmallPatch
	if text == nil {
		return Pretrain(r), nil
	}
	err := config.Decode(&r, path, text)
	if err != nil {
		var part []byte
		if part, err = sharedPart(text); err == nil {
			err = config.Decode(&r, path, part)
		}
	}
	if err == nil && r.Data.ImageSize != 0 {
		err = r.Model.ValidateSide(r.Data.ImageSize)
	}
	if err != nil { // the fault of the file, not of the user's settings: no config.Error may show
		return Pretrain{}, fmt.Errorf("%w: %q: %v", fault.Mismatch, path, err)
	}
	return Pretrain(r), nil
}

// sharedPart leaves the shared sections of settings.
func sharedPart(text []byte) ([]byte, error) {
	var all map[string]yaml.Node
	if err := yaml.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	part := map[string]any{}
	for name, node := range all {
		if slices.Contains(shared, name) {
			part[name] = &node
		}
	}
	if node, ok := all["augment"]; ok {
		var normal map[string]yaml.Node
		if err := node.Decode(&normal); err != nil {
			return nil, err
		}
		kept := map[string]any{}
		for _, name := range []string{"mean", "std"} {
			if value, ok := normal[name]; ok {
				kept[name] = &value
			}
		}
		part["augment"] = kept
	}
	return yaml.Marshal(part)
}
