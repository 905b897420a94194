package method

import (
	"cmae/internal/config"
	"cmae/internal/recipe"
)

// Default is the run of `cmae pretrain` without a configuration: the first method on the embedded
// images, a few minutes on two cores.
func (t Table) Default() recipe.Pretrain {
	c := recipe.DefaultPretrain()
	c.Method = t[0].Name()
	t[0].Defaults(&c, c)
	return c
}

// Load changes base by a file, the environment and the command line. A method that they choose
// brings its own defaults, which what they set besides goes over. The result has been checked; an
// error is a *config.Error.
func (t Table) Load(base recipe.Pretrain, source config.Source) (recipe.Pretrain, error) {
	s := settings{base, t}
	err := config.Load(&s, source)
	return s.Pretrain, err
}

// Decode reads the settings that a run or checkpoint has saved, from a text called name in errors.
func (t Table) Decode(name string, text []byte) (recipe.Pretrain, error) {
	s := settings{t.Default(), t}
	err := config.Decode(&s, name, text)
	return s.Pretrain, err
}

// Unset is the defaults of c's method, under the name of the default method: what c differs in from
// them is what somebody has set, the method among it.
func (t Table) Unset(c recipe.Pretrain) recipe.Pretrain {
	d := t.Default()
	name := d.Method
	t.preset(&d, c)
	d.Method = name
	return d
}

// preset gives c, the defaults of one method, the defaults of chosen's method, unless the two are
// the same: so a recipe that names only its method gets that method's published numbers. The shape
// of the encoder, the data and the length of the run stay as they were.
func (t Table) preset(c *recipe.Pretrain, chosen recipe.Pretrain) {
	m, err := t.Find(chosen.Method)
	if err != nil || chosen.Method == c.Method {
		return // of which Check tells
	}
	d := recipe.DefaultPretrain()
	kept := c.Common
	kept.Optim = d.Optim
	d.Method, d.Common, d.Crop = chosen.Method, kept, c.Crop
	d.Train, d.Probe = c.Train, c.Probe
	*c = d
	m.Defaults(c, chosen)
}

// Settings is a pointer to c, as package config loads, checks and describes it.
func (t Table) Settings(c recipe.Pretrain) any { return &settings{c, t} }

// settings is a recipe for package config, which finds its methods' defaults and checks here.
type settings struct {
	recipe.Pretrain `yaml:",inline"`
	table           Table
}

// Choices are any recipe's, and the methods.
func (s settings) Choices() map[string][]string {
	choices := s.Common.Choices()
	choices["method"] = s.table.Names()
	return choices
}

// Preset brings the defaults of the chosen method and length of the run (see package config).
func (s *settings) Preset(chosen any) {
	c := chosen.(settings).Pretrain
	s.table.preset(&s.Pretrain, c)
	s.Pretrain.PresetChannels(c.Data.Channels)
	s.Optim = s.Optim.Within(c.Train.Epochs)
}

// Fit keeps the warm-ups within runs that were made shorter (see package config).
func (s *settings) Fit(later func(path, than string) bool) {
	s.FitTrain(later)
	s.Probe.Fit(later)
}

// Validate checks what involves several sections.
func (s settings) Validate() error { return s.table.Check(s.Pretrain) }
