package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
)

// findHome puts the user's home in place of ~ where a path begins with it: no shell has done so in
// a file, nor behind an equals sign.
func (s *keySet) findHome(root reflect.Value, where map[string]string) error {
	for _, k := range s.leaves {
		v := root.FieldByIndex(k.index)
		if !k.rule.home || v.String() != "~" && !strings.HasPrefix(v.String(), "~/") {
			continue
		}
		home, err := os.UserHomeDir()
		if err != nil {
			return &Error{where[k.path], k.path, "~ is nowhere: " + err.Error(), err}
		}
		v.SetString(home + v.String()[1:])
	}
	return nil
}

// Anywhere is settings whose paths from the working folder on mean the same from any folder, as a
// run stores them.
func Anywhere[C any](settings C) C {
	root := reflect.New(reflect.TypeFor[C]()).Elem()
	root.Set(reflect.ValueOf(settings))
	for _, k := range keysOf(settings).leaves {
		if v := root.FieldByIndex(k.index); k.rule.working && v.String() != "" {
			if whole, err := filepath.Abs(v.String()); err == nil {
				v.SetString(whole)
			}
		}
	}
	return root.Interface().(C)
}
