package contrastivecrop

import "math"

// Source says where a box comes from.
type Source string

// The sources of boxes: heat maps of an encoder that sees the whole image, of which the paper has
// the first two, and boxes that need none.
const (
	Attention  Source = "attention"  // last block, class token to patches, mean over heads or one
	Feature    Source = "feature"    // last block before the final norm, L2 norm over channels
	Rollout    Source = "rollout"    // class token to patches through all blocks
	Similarity Source = "similarity" // cosine of patch and class token, final norm
	Component  Source = "component"  // first principal component of an image's patches, final norm
	Distinct   Source = "distinct"   // how little a patch is like the others, final norm

	Constant  Source = "constant"  // the image's central half (SimCCrop), the baseline
	Annotated Source = "annotated" // the true box that the data has, the best to be had
)

// Sources lists them all.
func Sources() []Source {
	return []Source{
		Attention, Feature, Rollout, Similarity, Component, Distinct, Constant, Annotated,
	}
}

// HasHeat reports whether an encoder's heat map finds the boxes.
func (s Source) HasHeat() bool { return s != Constant && s != Annotated }

// Given is the box of an image that needs no heat map: the constant one, or what truth has of it;
// else Full and false.
func (s Source) Given(image int, truth func(image int) (Box, bool)) (Box, bool) {
	switch {
	case s == Constant:
		return Centre, true
	case s == Annotated && truth != nil:
		if box, ok := truth(image); ok {
			return box, true
		}
	}
	return Full, false
}

// Rule says above which value a heat map of 0 to 1 is in the box.
type Rule string

// The rules.
const (
	Fixed    Rule = "fixed"    // crop.threshold, k of the paper
	Quantile Rule = "quantile" // what the share crop.threshold of the map's patches does not exceed
	Otsu     Rule = "otsu"     // what divides the map's patches into two even groups (Otsu 1979)
)

// Net says which encoder draws the heat maps.
type Net string

// The encoders of a run.
const (
	Online   Net = "online"
	Momentum Net = "momentum"
)

// Config holds the settings of section `crop`. Section `augment` has the area and ratio of the
// crops: this package only moves them.
type Config struct {
	Enabled   bool    `yaml:"enabled" doc:"crop around the object that the encoder's heat map finds"`
	Source    Source  `yaml:"source" choices:"attention,feature,rollout,similarity,component,distinct,constant,annotated" doc:"heat map: attention (of the class token, last block), feature (norm of patches), rollout (attention through all blocks), similarity (to the class token), component (first principal one), distinct (unlike the other patches); or constant (the central half of every image), annotated (the true boxes of data that has some)"`
	Head      int     `yaml:"head" min:"0" doc:"of source attention, the one head to look at, from 1; 0 takes the mean of all"`
	Net       Net     `yaml:"net" choices:"online,momentum" doc:"encoder that draws the heat maps: online or momentum"`
	Rule      Rule    `yaml:"rule" choices:"fixed,quantile,otsu" doc:"what is hot: fixed (above threshold, of 0 to 1), quantile (above a share threshold of the patches), otsu (the upper of two groups, by Otsu's method)"`
	Threshold float64 `yaml:"threshold" min:"0" below:"1" doc:"k: the box holds what is hotter than this, of 0 to 1 (at .1 a ViT's boxes are whole images); rule otsu does not read it"`
	Alpha     float64 `yaml:"alpha" above:"0" max:"100" doc:"position of the crop in its box ~ Beta(alpha,alpha); below 1 keeps to the rim, 1 is uniform"`
	Start     float64 `yaml:"start" min:"0" max:"1" doc:"share of all epochs cropped plainly before the boxes are first found"`
	Interval  float64 `yaml:"interval" above:"0" max:"1" doc:"share of all epochs between two refreshes of the boxes"`
}

// Default is the recipe of the specification, switched off.
func Default() Config {
	return Config{
		Source: Attention, Net: Online, Rule: Fixed, Threshold: .5, Alpha: .6, Start: .2,
		Interval: .2,
	}
}

// BoxSettings is c with what decides how a box is found, and nothing else: not when that happens,
// nor how crops lie in it.
func (c Config) BoxSettings() Config {
	return Config{
		Source: c.Source, Head: c.Head, Net: c.Net, Rule: c.Rule, Threshold: c.Threshold,
	}
}

// Active reports whether epoch (from 0) of a run of epochs crops around boxes. Boxes that need no
// trained encoder are there from the first epoch.
func (c Config) Active(epoch, epochs int) bool {
	return c.Enabled && (!c.Source.HasHeat() || epoch >= share(c.Start, epochs))
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
	if !c.Enabled || !c.Source.HasHeat() || epoch >= epochs {
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
