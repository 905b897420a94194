package contrastivecrop

import "math"

// Source says which heat map finds the object.
type Source string

// The sources of boxes.
const (
	Attention Source = "attention" // last block, class token to patches, mean over heads
	Feature   Source = "feature"   // last block before the final norm, L2 norm over channels
	Constant  Source = "constant"  // no heat map: the image's central half (SimCCrop), the baseline
)

// Net says which encoder draws the heat maps.
type Net string

// The encoders of a run.
const (
	Online   Net = "online"
	Momentum Net = "momentum"
)

// Config holds the settings of section `crop`. The area and ratio of the crops are those of section
// `augment`: this package only moves them.
type Config struct {
	Enabled   bool    `yaml:"enabled" doc:"crop around the object that the encoder's heat map finds"`
	Source    Source  `yaml:"source" choices:"attention,feature,constant" doc:"heat map: attention, feature, or constant (the central half of every image)"`
	Net       Net     `yaml:"net" choices:"online,momentum" doc:"encoder that draws the heat maps: online or momentum"`
	Threshold float64 `yaml:"threshold" min:"0" below:"1" doc:"k: the box holds what is hotter than this, of 0 to 1 (at .1 a ViT's boxes are whole images)"`
	Alpha     float64 `yaml:"alpha" above:"0" max:"100" doc:"position of the crop in its box ~ Beta(alpha,alpha); below 1 keeps to the rim, 1 is uniform"`
	Start     float64 `yaml:"start" min:"0" max:"1" doc:"share of all epochs cropped plainly before the boxes are first found"`
	Interval  float64 `yaml:"interval" above:"0" max:"1" doc:"share of all epochs between two refreshes of the boxes"`
}

// Default is the recipe of the specification, switched off.
func Default() Config {
	return Config{Source: Attention, Net: Online, Threshold: .5, Alpha: .6, Start: .2, Interval: .2}
}

// Boxes is c with what decides how a box is found, and nothing else: not when that happens, nor how
// crops lie in it.
func (c Config) Boxes() Config {
	return Config{Source: c.Source, Net: c.Net, Threshold: c.Threshold}
}

// Active reports whether epoch (from 0) of a run of epochs crops around boxes. The constant box
// needs no trained encoder and is there from the first epoch.
func (c Config) Active(epoch, epochs int) bool {
	return c.Enabled && (c.Source == Constant || epoch >= share(c.Start, epochs))
}

// RefreshEpochs lists the epochs (from 0) before which all boxes are found anew: at the start, then
// every interval. None follows the last epoch, where nobody would use the boxes.
func (c Config) RefreshEpochs(epochs int) []int {
	var due []int
	for e := 0; e < epochs; e++ {
		if c.ShouldRefresh(e, epochs) {
			due = append(due, e)
		}
	}
	return due
}

// ShouldRefresh reports whether all boxes are to be found anew before epoch (from 0) begins.
func (c Config) ShouldRefresh(epoch, epochs int) bool {
	if !c.Enabled || c.Source == Constant || epoch >= epochs {
		return false
	}
	start, every := share(c.Start, epochs), max(1, share(c.Interval, epochs))
	return epoch >= start && (epoch-start)%every == 0
}

// share is a fraction of the epochs rounded up, so that a short run does not crop by an untrained
// encoder. The small number undoes products such as .2*300 that land just above the integer.
func share(fraction float64, epochs int) int {
	return int(math.Ceil(fraction*float64(epochs) - 1e-9))
}
