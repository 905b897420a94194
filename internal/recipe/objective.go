package recipe

import "cmae/internal/model"

// The sections of what pretraining minimises.
type (
	Mask        = model.MaskConfig
	Reconstruct = model.ReconstructConfig
	Contrast    = model.ContrastConfig
	Location    = model.LocationConfig
)
