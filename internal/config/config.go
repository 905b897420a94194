// Package config fills typed settings from a YAML file, the environment and the command line,
// strictly, and prints them back.
//
// Settings are a struct that holds its defaults; its fields carry `yaml:"name"` and `doc:"what it
// is"`, sections are nested structs. Later sources win: defaults < file < CMAE_SECTION_KEY in the
// environment < --set section.key=value. The field's type decides how a value is read, never the
// look of the value, so nothing is converted in silence:
//
//	integers  plain decimal digits with a sign: not 032, 0x20, 1_000, 1e3, 32.0 or "32", which
//	          readers of YAML take for different things
//	floats    decimal, with or without point and exponent; finite
//	bools     true or false: not yes, no, on or off
//	strings   any scalar, as it is written: on, 007 and 2026 are strings where a string is asked
//	          for; null is the empty string
//	lists     [a, b], or null; a field that is an array needs exactly its length
//	others    what their UnmarshalText reads, such as "#ff0000", or what they are made of
//
// Settings may have a method Preset, by which a choice among them brings other defaults; what a
// source says is never changed by it.
//
// Tags of a field also say what its value must be (rule.go) and, as `was:"name"`, what it was
// called in earlier versions: that name is still understood.
//
// Anchors' aliases, merge keys and explicit tags are refused. Every error is one line that begins
// with where the value came from.
//
// Reading order: config.go, keys.go (the struct as keys), rule.go (what a value must be),
// document.go (YAML text), values.go (one value), override.go (environment and --set), merge.go
// (viper), validate.go, suggest.go; for the way out print.go, diff.go, describe.go (settings as
// data), schema.go and page.go (as a JSON schema and a page of documentation); path.go (paths of
// the home), edit.go (a value in a file whose comments stay).
package config

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"cmae/internal/fault"
)

// Source says where settings come from.
type Source struct {
	File string   // path of a YAML file; "" for none
	Set  []string // "section.key=value", in order
	// "NAME=value", as os.Environ gives; only names that begin with CMAE_ are looked at
	Env       []string
	IgnoreEnv []string // names beginning with CMAE_ that mean something else
	// where it is set, told of what is taken but should be written another way, a line each
	Note func(text string)
}

// Sets says whether Set changes the setting of a path.
func (s Source) Sets(path string) bool {
	return slices.ContainsFunc(s.Set, func(assignment string) bool {
		key, _, _ := strings.Cut(assignment, "=")
		return strings.TrimSpace(key) == path
	})
}

// Error is what is wrong with a setting, in the user's terms: a fault.Settings.
type Error struct {
	Where   string // "run.yaml:12", "--set", "CMAE_SEED"; may be empty
	Key     string // "data.image_size"; may be empty
	Problem string
	Err     error // the cause, if it is another package's
}

func (e *Error) Error() string {
	parts := []string{}
	for _, p := range []string{e.Where, e.Key, e.Problem} {
		if p != "" {
			parts = append(parts, strings.ReplaceAll(p, "\n", "; "))
		}
	}
	return strings.Join(parts, ": ")
}

// Is makes every Error a fault.Settings.
func (e *Error) Is(target error) bool { return target == fault.Settings }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// maxFile bounds a settings file, in bytes.
const maxFile = 1 << 20

// Load sets fields of into, a pointer to a struct that holds the defaults, from all sources, and
// validates the result. What is wrong with a source or a value is an *Error. If it fails, into is
// as it was.
func Load(into any, src Source) error {
	var text []byte
	if src.File != "" {
		var err error
		if text, err = ReadFile(src.File); err != nil {
			return err
		}
	}
	keys := keysOf(into)
	file, err := keys.document(src.File, text)
	if err != nil {
		return err
	}
	env, err := keys.environment(src.Env, src.IgnoreEnv)
	if err != nil {
		return err
	}
	set, err := keys.assignments(src.Set)
	if err != nil {
		return err
	}
	if err := keys.apply(into, file, env, set); err != nil || src.Note == nil {
		return err
	}
	for _, note := range slices.Concat(file.notes, env.notes, set.notes) {
		src.Note(note)
	}
	return nil
}

// Decode is Load from the text of one file alone, called name in errors: how a run's own resolved
// settings come back.
func Decode(into any, name string, text []byte) error {
	keys := keysOf(into)
	file, err := keys.document(name, text)
	if err != nil {
		return err
	}
	return keys.apply(into, file, newLayer(), newLayer())
}

// ReadFile gives the text of a file of settings, or says in an *Error why it cannot be read: it
// must be a regular file of at most 1 MiB.
func ReadFile(path string) ([]byte, error) {
	unread := func(err error) error {
		return &Error{Where: path, Problem: "cannot be read: " + cause(err), Err: err}
	}
	stat, err := os.Stat(path)
	if err != nil {
		return nil, unread(err)
	}
	if !stat.Mode().IsRegular() {
		return nil, &Error{Where: path, Problem: "is not a regular file"}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, unread(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, unread(err)
	}
	return text, checkSize(path, text)
}

func checkSize(name string, text []byte) error {
	if len(text) > maxFile {
		return &Error{
			Where:   name,
			Problem: fmt.Sprintf("is larger than %d bytes: not a settings file", maxFile),
		}
	}
	return nil
}

// cause is a file error without the path, which the message has already.
func cause(err error) string {
	if e, ok := err.(*os.PathError); ok {
		return fmt.Sprint(e.Err)
	}
	return err.Error()
}
