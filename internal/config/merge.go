package config

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"
)

// presetter is settings in which a choice brings other defaults. Preset makes the receiver, which
// holds the defaults so far, hold those that go with chosen: settings of the same type with what
// the sources say. The sources are then applied anew.
type presetter interface{ Preset(chosen any) }

// fitter is settings of which one must lie within another. Fit shortens a value that a change of
// the other has left behind: later reports whether the setting of the path that comes first was
// given by a later source than the second's (defaults, file, environment, command line).
type fitter interface {
	Fit(later func(path, than string) bool)
}

// apply merges the layers, later over earlier, onto the defaults in into, and validates the result.
func (s *keySet) apply(into any, file, env, set *layer) error {
	v := viper.New()
	for _, l := range []*layer{file, env} {
		if err := v.MergeConfigMap(nested(l.values)); err != nil {
			return fmt.Errorf("config: merge settings: %w", err)
		}
	}
	for path, value := range set.values {
		v.Set(path, value)
	}
	target := reflect.ValueOf(into).Elem()
	base, result := reflect.New(target.Type()), reflect.New(target.Type())
	base.Elem().Set(target)
	decode := func() error {
		result.Elem().Set(base.Elem())
		if err := v.UnmarshalExact(result.Interface(), strict); err != nil {
			return &Error{Problem: err.Error(), Err: err}
		}
		return nil
	}
	err := decode()
	if p, ok := base.Interface().(presetter); ok && err == nil {
		p.Preset(result.Elem().Interface())
		err = decode()
	}
	if err != nil {
		return err
	}
	if f, ok := result.Interface().(fitter); ok {
		f.Fit(func(path, than string) bool {
			return rank(path, file, env, set) > rank(than, file, env, set)
		})
	}
	where := map[string]string{}
	for _, l := range []*layer{file, env, set} {
		for path, w := range l.where {
			where[path] = w
		}
	}
	if err := s.findHome(result.Elem(), where); err != nil {
		return err
	}
	if err := s.validate(result.Elem(), where); err != nil {
		return err
	}
	target.Set(result.Elem())
	return nil
}

// rank is the number of the last layer that gives a setting, 0 where none does.
func rank(path string, layers ...*layer) (last int) {
	for i, l := range layers {
		if _, given := l.values[path]; given {
			last = i + 1
		}
	}
	return last
}

// strict turns off what viper would convert. The layers hold values of the fields' own types, so
// nothing is left to convert; a default's list is replaced, never written into, for other settings
// may share it.
func strict(c *mapstructure.DecoderConfig) {
	c.TagName, c.SquashTagOption = "yaml", "inline"
	c.WeaklyTypedInput = false
	c.DecodeHook = nil
	c.ZeroFields = true
}

// nested turns values by path into maps in maps, as viper takes them.
func nested(values map[string]any) map[string]any {
	root := map[string]any{}
	for path, value := range values {
		parts := strings.Split(path, ".")
		section := root
		for _, name := range parts[:len(parts)-1] {
			if section[name] == nil {
				section[name] = map[string]any{}
			}
			section = section[name].(map[string]any)
		}
		section[parts[len(parts)-1]] = value
	}
	return root
}
