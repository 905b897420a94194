package config

import "strings"

// Invalid is the *Error of a check that could only be made after loading, such as one against the
// data. The text of err begins with the key, as a Validate method's does. Nil stays nil.
func Invalid(err error) error {
	if err == nil {
		return nil
	}
	key, problem, found := strings.Cut(err.Error(), ": ")
	if !found || strings.ContainsAny(key, " \t") {
		return &Error{Problem: err.Error(), Err: err}
	}
	return &Error{Key: key, Problem: problem, Err: err}
}
