package method

import (
	"fmt"

	"cmae/internal/config"
	"cmae/internal/recipe"
)

// These work on the methods of cmae.

// Of is the method that a checked recipe names.
func Of(c recipe.Pretrain) Method {
	m, err := All().Find(c.Method)
	if err != nil {
		panic(fmt.Sprintf("method: a recipe that nobody has checked: %v", err))
	}
	return m
}

// Default is Table.Default.
func Default() recipe.Pretrain { return All().Default() }

// Load is Table.Load.
func Load(base recipe.Pretrain, source config.Source) (recipe.Pretrain, error) {
	return All().Load(base, source)
}

// Decode is Table.Decode.
func Decode(name string, text []byte) (recipe.Pretrain, error) { return All().Decode(name, text) }

// CheckData is Table.CheckData.
func CheckData(c recipe.Pretrain, side, images int) error { return All().CheckData(c, side, images) }

// Fits is Table.Fits.
func Fits(c recipe.Sized, most float64) error { return All().Fits(c, most) }
