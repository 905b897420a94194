package config

import (
	"encoding"
	"fmt"
	"reflect"
	"regexp"
	"strings"
)

// key is a field of the settings: a leaf, or a section with keys below it.
type key struct {
	path  string // "data.image_size"; "" for the root
	name  string
	doc   string
	typ   reflect.Type
	index []int    // for reflect's FieldByIndex, from the root
	rule  rule     // of a leaf
	was   []string // names that a leaf had in earlier versions
	below []*key
}

// join is the path of the setting, or section, of that name in a section.
func (k *key) join(name string) string { return strings.TrimPrefix(k.path+"."+name, ".") }

func (k *key) isSection() bool { return k.typ.Kind() == reflect.Struct }

// keySet is all keys of a settings type.
type keySet struct {
	root   *key
	leaves []*key // in the order of the fields
	byPath map[string]*key
	byEnv  map[string]*key // leaves by the name of their environment variable
	former map[string]*key // leaves by the paths that they had in earlier versions
}

var keyName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// keysOf reads the keys of settings, a struct or a pointer to one. A struct that cannot be settings
// is our own bug: it panics.
func keysOf(settings any) *keySet { return keysBelow("", settings) }

// keysBelow is keysOf for a section with the given path.
func keysBelow(path string, settings any) *keySet {
	typ := reflect.TypeOf(settings)
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	s := &keySet{
		root: &key{path: path, typ: typ}, byPath: map[string]*key{}, byEnv: map[string]*key{},
		former: map[string]*key{},
	}
	s.add(s.root, typ, nil)
	s.choose(reflect.Indirect(reflect.ValueOf(settings)))
	for path, k := range s.former {
		if s.byPath[path] != nil {
			panic(fmt.Sprintf("config: %s was called %s, as another setting is", k.path, path))
		}
	}
	return s
}

// inline is the yaml tag of an embedded struct whose keys belong to the section around it.
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
			path: section.join(name), name: name,
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
		k.rule = ruleOf(field)
		s.leaves = append(s.leaves, k)
		s.byEnv[env] = k
		if was := field.Tag.Get("was"); was != "" {
			k.was = strings.Split(was, ",")
		}
		for _, name := range k.was {
			s.former[section.join(name)] = k
		}
	}
	if len(section.below) == 0 {
		panic(fmt.Sprintf("config: %v has no keys", section.typ))
	}
}

// choose takes in the choices that a section at any depth says itself.
func (s *keySet) choose(root reflect.Value) {
	sections := []*key{s.root}
	for _, k := range s.byPath {
		if k.isSection() {
			sections = append(sections, k)
		}
	}
	for _, section := range sections {
		if c, ok := root.FieldByIndex(section.index).Interface().(chooser); ok {
			for name, choices := range c.Choices() {
				s.byPath[section.join(name)].rule.choices = choices
			}
		}
	}
}

// hasText reports whether a leaf's type reads text by itself, such as a colour's "#ff0000".
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
