package config

import (
	"encoding"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// key is a field of the settings: a leaf, or a section with keys below it.
type key struct {
	path  string // "data.image_size"; "" for the root
	name  string
	doc   string
	typ   reflect.Type
	index []int // for reflect's FieldByIndex, from the root
	below []*key
}

func (k *key) isSection() bool { return k.typ.Kind() == reflect.Struct }

// keySet is all keys of a settings type.
type keySet struct {
	root   *key
	leaves []*key // in the order of the fields
	byPath map[string]*key
	byEnv  map[string]*key // leaves by the name of their environment variable
}

var keyName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// keysOf reads the keys of settings, a struct or a pointer to one. A struct that cannot be settings
// is our own bug: it panics.
func keysOf(settings any) *keySet {
	typ := reflect.TypeOf(settings)
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	s := &keySet{root: &key{typ: typ}, byPath: map[string]*key{}, byEnv: map[string]*key{}}
	s.add(s.root, typ, nil)
	return s
}

// inline is the yaml tag of an embedded struct whose keys are those of the section around it.
const inline = ",inline"

// add reads the keys of a section from typ, which lies at index from the root: the section's own
// type, or one inside it whose keys are inline.
func (s *keySet) add(section *key, typ reflect.Type, index []int) {
	for i := range typ.NumField() {
		field := typ.Field(i)
		name := field.Tag.Get("yaml")
		if !field.IsExported() || name == "-" {
			continue
		}
		index := append(index[:len(index):len(index)], i)
		if name == inline {
			s.add(section, field.Type, index)
			continue
		}
		k := &key{
			path: strings.TrimPrefix(section.path+"."+name, "."), name: name,
			doc: field.Tag.Get("doc"), typ: field.Type, index: index,
		}
		env := envName(k.path)
		if !keyName.MatchString(name) || s.byPath[k.path] != nil || s.byEnv[env] != nil {
			panic(
				fmt.Sprintf(
					"config: field %s of %v: yaml name %q is not lower case or not unique",
					field.Name, typ, name,
				),
			)
		}
		section.below = append(section.below, k)
		s.byPath[k.path] = k
		if k.isSection() {
			s.add(k, k.typ, k.index)
			continue
		}
		typeName(k.typ) // panics for a type that cannot be read
		s.leaves = append(s.leaves, k)
		s.byEnv[env] = k
	}
	if len(section.below) == 0 {
		panic(fmt.Sprintf("config: %v has no keys", section.typ))
	}
}

// hasText reports whether a leaf's type can be written as text of its own, such as a colour's
// "#ff0000".
func hasText(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// typeName is a leaf's type in the user's terms.
func typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Slice:
		return "list of " + scalarName(t.Elem()) + "s"
	case reflect.Array:
		return fmt.Sprintf("list of %d %ss", t.Len(), scalarName(t.Elem()))
	}
	return scalarName(t)
}

func scalarName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "whole number"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "non-negative whole number"
	case reflect.Float32, reflect.Float64:
		return "number"
	}
	panic(fmt.Sprintf("config: a setting cannot be a %v", t))
}

// Key describes one setting.
type Key struct {
	Path    string `json:"key"` // "data.image_size"
	Doc     string `json:"doc"`
	Type    string `json:"type"`    // "whole number", "list of numbers", ...
	Value   any    `json:"value"`   // as JSON has it
	Default any    `json:"default"` // likewise
}

// Keys returns every setting of settings, a struct or a pointer to one, in the order of its fields;
// defaults, of the same type, says what their values would be if nobody had set any.
func Keys(settings, defaults any) []Key {
	values, unset := Values(settings), Values(defaults)
	leaves := keysOf(settings).leaves
	list := make([]Key, len(leaves))
	for i, k := range leaves {
		list[i] = Key{k.path, k.doc, typeName(k.typ), plain(values[k.path]), plain(unset[k.path])}
	}
	return list
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
