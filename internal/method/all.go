package method

import (
	"fmt"

	"cmae/internal/config"
	"cmae/internal/recipe"
)

// Of is the method of cmae that a checked recipe names.
func Of(c recipe.Pretrain) Method {
	m, err := All().Find(c.Method)
	if err != nil {
		panic(fmt.Sprintf("method: a recipe that nobody has checked: %v", err))
	}
	return m
}

// Default is the recipe of `cmae pretrain` without a configuration.
func Default() recipe.Pretrain { return All().Default() }

// Load changes base by a file, the environment and the command line, as Table.Load does with the
// methods of cmae.
func Load(base recipe.Pretrain, source config.Source) (recipe.Pretrain, error) {
	return All().Load(base, source)
}
