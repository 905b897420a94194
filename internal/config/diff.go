package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Change is a setting that differs.
type Change struct{ Key, Old, New string } // values as YAML

func (c Change) String() string { return fmt.Sprintf("%s: %s is now %s", c.Key, c.Old, c.New) }

// Diff returns the settings in which b differs from a, both of one struct type or pointers to it,
// in the order of the fields, but not those named in ignore: keys, or sections with all their keys.
func Diff(a, b any, ignore ...string) []Change {
	x, y := reflect.Indirect(reflect.ValueOf(a)), reflect.Indirect(reflect.ValueOf(b))
	var changes []Change
	for _, k := range keysOf(a).leaves {
		if Within(k.path, ignore...) {
			continue
		}
		// what YAML cannot carry is compared all the same
		before, _ := format(x.FieldByIndex(k.index))
		after, _ := format(y.FieldByIndex(k.index))
		if before != after {
			changes = append(changes, Change{k.path, before, after})
		}
	}
	return changes
}

// Within reports whether a key is one of keys, or lies in a section among them.
func Within(path string, keys ...string) bool {
	return slices.ContainsFunc(keys, func(key string) bool {
		return path == key || strings.HasPrefix(path, key+".")
	})
}
