package method

import (
	"fmt"
	"slices"

	"cmae/internal/config"
	"cmae/internal/losses"
	"cmae/internal/recipe"
)

// Check refuses, in the user's terms, a recipe that its method cannot train, or that sets what the
// method does not read.
func (t Table) Check(c recipe.Pretrain) error {
	m, err := t.Find(c.Method)
	if err != nil {
		return err
	}
	idle := t.Idle(c)
	for _, change := range config.Diff(t.Unset(c), c) {
		if config.Within(change.Key, idle...) {
			return config.Faultf(
				change.Key, "%s has no part in method %s; leave it out", change.New, c.Method,
			)
		}
	}
	if err := m.Check(c); err != nil {
		return err
	}
	if err := c.Validate(); err != nil {
		return err
	}
	return c.CheckReplicas(c.Train.Train, m.Unit(c), m.Sharding(c))
}

// Idle lists the keys, or sections, that the method of c does not read: its own list, and the
// sections of terms that it does not have. Setting one is refused.
func (t Table) Idle(c recipe.Pretrain) []string {
	m, err := t.Find(c.Method)
	if err != nil {
		return nil
	}
	idle, own := m.Idle(), m.Terms(c)
	for _, term := range t.Terms() {
		if !slices.ContainsFunc(own, func(o losses.Term) bool { return o.Name == term.Name }) {
			idle = append(idle, term.Name)
		}
	}
	return idle
}

// Warnings lists what is allowed and probably not meant: what the method and the recipe say, and
// settings that have no effect.
func (t Table) Warnings(c recipe.Sized) []string {
	m, err := t.Find(c.Method)
	if err != nil {
		return nil // of which Check tells
	}
	warnings, unread := append(m.Warnings(c), c.Pretrain.Warnings()...), c.Unread()
	for _, change := range config.Diff(t.Unset(c.Pretrain), c.Pretrain) {
		for _, u := range unread {
			if u.Key == change.Key {
				warnings = append(warnings, fmt.Sprintf(
					"%s: %s has no effect: %s", u.Key, change.New, u.Why,
				))
			}
		}
	}
	return warnings
}

// CheckData refuses a recipe for images of side pixels, of which there are so many.
func (t Table) CheckData(c recipe.Pretrain, side, images int) error {
	m, err := t.Find(c.Method)
	if err != nil {
		return err
	}
	sized := c.At(side)
	for _, check := range []func() error{
		func() error { return c.Model.ValidateSide(side) },
		func() error { return m.Check(c) },
		func() error { return m.CheckSide(sized) },
		func() error { return c.Train.FitsData(images) },
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// Fits refuses a recipe whose step memory of most bytes cannot hold.
func (t Table) Fits(c recipe.Sized, most float64) error {
	m, err := t.Find(c.Method)
	if err != nil {
		return err
	}
	return m.MinMemory(c, c.Train.Microbatch()).Check(most)
}
