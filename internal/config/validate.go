package config

import (
	"errors"
	"fmt"
	"reflect"
)

// Fault is what is wrong with one setting, found where nobody knows from where its value came: by
// a rule of its tags, or by a Validate method. Loading makes an *Error of it.
type Fault struct {
	Key     string // in full: "data.image_size"
	Problem string
	Err     error // the cause, where it is another error
}

// Faultf is a *Fault whose problem is made by fmt.Errorf, so that %w keeps a cause.
func Faultf(key, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &Fault{Key: key, Problem: err.Error(), Err: errors.Unwrap(err)}
}

func (f *Fault) Error() string { return f.Key + ": " + f.Problem }

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Err }

// Invalid is the *Error of a check that could only be made after loading, such as one against the
// data. An *Error stays as it is, and nil nil.
func Invalid(err error) error {
	switch err := err.(type) {
	case nil:
		return nil
	case *Error:
		return err
	case *Fault:
		return &Error{Key: err.Key, Problem: err.Problem, Err: err}
	}
	return &Error{Problem: err.Error(), Err: err}
}

// Errorf is Invalid of Faultf: it refuses one setting where no check returns to Load.
func Errorf(key, format string, args ...any) error { return Invalid(Faultf(key, format, args...)) }

// validator is a section, or settings as a whole, with rules that involve several settings. What
// Validate returns is a *Fault where one setting is to blame.
type validator interface{ Validate() error }

// Check returns the first fault of a section that was not loaded: section is its path, "" for
// settings as a whole, and what is wrong with one setting is a *Fault.
func Check(section string, settings any) error {
	s := keysBelow(section, settings)
	value := reflect.New(s.root.typ).Elem()
	value.Set(reflect.Indirect(reflect.ValueOf(settings)))
	return s.check(s.root, value)
}

// check goes through the settings below a section in order, by their tags, sections by their own
// Validate as well, and then calls the section's own Validate.
func (s *keySet) check(section *key, root reflect.Value) error {
	for _, k := range section.below {
		if k.isSection() {
			if err := s.check(k, root); err != nil {
				return err
			}
		} else if problem := k.rule.broken(root.FieldByIndex(k.index)); problem != "" {
			return &Fault{Key: k.path, Problem: problem}
		}
	}
	if v, ok := root.FieldByIndex(section.index).Addr().Interface().(validator); ok {
		return v.Validate()
	}
	return nil
}

// validate makes an *Error of the first fault: it says from where the value came.
func (s *keySet) validate(root reflect.Value, where map[string]string) error {
	err := Invalid(s.check(s.root, root))
	if e, ok := err.(*Error); ok && e.Where == "" {
		e.Where = where[e.Key]
	}
	return err
}
