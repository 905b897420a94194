package config

import (
	"reflect"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Key describes one setting.
type Key struct {
	Path    string   `json:"key"` // "data.image_size"
	Doc     string   `json:"doc"`
	Type    string   `json:"type"`              // "whole number", "list of numbers", ...
	Choices []string `json:"choices,omitempty"` // of a string, where it has few
	Range
	Was     []string `json:"was,omitempty"` // its paths in earlier versions
	Value   any      `json:"value"`         // as JSON has it
	Default any      `json:"default"`       // likewise
}

// Keys returns every setting of settings, a struct or a pointer to one, in the order of its fields;
// defaults, of the same type, says what their values would be if nobody had set any.
func Keys(settings, defaults any) []Key {
	values, unset := Values(settings), Values(defaults)
	s := keysOf(settings)
	list := make([]Key, len(s.leaves))
	for i, k := range s.leaves {
		list[i] = Key{
			Path: k.path, Doc: k.doc, Type: typeName(k.typ), Choices: k.rule.choices,
			Range: k.rule.Range, Was: s.formerOf(k), Value: plain(values[k.path]),
			Default: plain(unset[k.path]),
		}
	}
	return list
}

// formerOf lists the paths that a leaf had in earlier versions.
func (s *keySet) formerOf(k *key) (paths []string) {
	for path, now := range s.former {
		if now == k {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// Current is values, by path as Values gives them, that an earlier version may have written: with
// the names that settings have now.
func Current(settings any, values map[string]string) map[string]string {
	now, former := map[string]string{}, keysOf(settings).former
	for path, value := range values {
		if k := former[path]; k != nil {
			path = k.path
		}
		now[path] = value
	}
	return now
}

// plain is a value that Print wrote, without its type. What YAML cannot carry stays text.
func plain(text string) any {
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		return text
	}
	return value
}

// Values returns every setting as YAML, by key. What YAML cannot carry is text all the same.
func Values(settings any) map[string]string {
	root := reflect.Indirect(reflect.ValueOf(settings))
	values := map[string]string{}
	for _, k := range keysOf(settings).leaves {
		values[k.path], _ = format(root.FieldByIndex(k.index))
	}
	return values
}
