package judge

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"cmae/internal/config"
	"cmae/internal/kernel/backend"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/trainer/pretrain"
	"cmae/internal/weights"
)

// Settings are those of a run as its readers take them: by the keys of pretraining, each section
// checked, but not what only training needs of them together. So an encoder that masked pretraining
// could not train can be judged.
type Settings pretrain.Config

// Validate checks what concerns a reader.
func (s Settings) Validate() error {
	return backend.Check(s.Engine, s.Precision, s.Threads)
}

// Load changes base by a file, the environment and the command line.
func Load(base pretrain.Config, source config.Source) (pretrain.Config, error) {
	s := Settings(base)
	err := config.Load(&s, source)
	return pretrain.Config(s), err
}

// shared are the sections that every kind of run has, with the same meaning; of augment that is the
// normalisation.
var shared = []string{"seed", "engine", "precision", "threads", "data", "loader", "model", "probe"}

// SettingsOf are the settings that a file of weights comes with, the defaults where it has none. Of
// a run of another kind than pretraining, such as finetuning, they are what readers need. Settings
// that cannot be read are checkpoint.ErrMismatch.
func SettingsOf(file *weights.File) (pretrain.Config, error) {
	s := Settings(pretrain.Default())
	if file.Config == nil {
		return pretrain.Config(s), nil
	}
	err := config.Decode(&s, file.Path, file.Config)
	if err != nil {
		var part []byte
		if part, err = sharedPart(file.Config); err == nil {
			err = config.Decode(&s, file.Path, part)
		}
	}
	if err == nil && s.Data.ImageSize != 0 {
		err = s.Model.ValidateSide(s.Data.ImageSize)
	}
	if err != nil { // the file's fault, not that of the user's settings: no config.Error may show
		return pretrain.Config{}, fmt.Errorf("%w: %q: %v", checkpoint.ErrMismatch, file.Path, err)
	}
	return pretrain.Config(s), nil
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
