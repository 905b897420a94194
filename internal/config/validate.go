package config

import (
	"reflect"
	"strings"
)

type validator interface{ Validate() error }

// validate calls Validate of every section that has it, inner ones first, then of the settings as a
// whole. The first error is returned, its key made whole and its origin put before it.
func (s *keySet) validate(root reflect.Value, where map[string]string) error {
	return s.validateSection(s.root, root, where)
}

func (s *keySet) validateSection(section *key, root reflect.Value, where map[string]string) error {
	for _, k := range section.below {
		if k.isSection() {
			if err := s.validateSection(k, root, where); err != nil {
				return err
			}
		}
	}
	v, ok := root.FieldByIndex(section.index).Addr().Interface().(validator)
	if !ok {
		return nil
	}
	err := v.Validate()
	if err == nil {
		return nil
	}
	e := &Error{Key: section.path, Problem: err.Error(), Err: err}
	if name, problem, found := strings.Cut(err.Error(), ": "); found {
		for _, path := range []string{name, section.path + "." + name} {
			if s.byPath[path] != nil {
				e.Key, e.Problem = path, problem
			}
		}
	}
	e.Where = where[e.Key]
	return e
}
