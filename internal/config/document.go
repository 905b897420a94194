package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// layer is what one source sets.
type layer struct {
	values map[string]any    // by path; of the leaf's own type, or a nil pointer for null
	where  map[string]string // by path
	notes  []string          // on names that settings had in earlier versions
}

func newLayer() *layer { return &layer{values: map[string]any{}, where: map[string]string{}} }

// renamed notes the name that a setting had in an earlier version, which stands at was.
func (l *layer) renamed(was, now string) {
	l.notes = append(l.notes, was+" is now called "+now)
}

// put reads a leaf's value from a YAML node.
func (l *layer) put(k *key, n *yaml.Node, where string) error {
	if isNull(n) && k.typ.Kind() != reflect.String {
		if k.typ.Kind() != reflect.Slice {
			problem := "has no value; it needs a " + typeName(k.typ)
			if hasText(k.typ) {
				problem += " or a text in quotes" // # begins a comment
			}
			return &Error{Where: where, Key: k.path, Problem: problem}
		}
		l.values[k.path] = reflect.Zero(reflect.PointerTo(k.typ)).Interface() // a nil pointer
		l.where[k.path] = where
		return nil
	}
	value := reflect.New(k.typ).Elem()
	if err := set(value, n); err != nil {
		return &Error{Where: where, Key: k.path, Problem: err.Error()}
	}
	l.values[k.path], l.where[k.path] = value.Interface(), where
	return nil
}

// document reads the text of a settings file.
func (s *keySet) document(name string, text []byte) (*layer, error) {
	l := newLayer()
	n, err := parse(name, text)
	if n == nil || err != nil {
		return l, err
	}
	return l, s.section(l, name, s.root, n)
}

// section reads the keys below a section.
func (s *keySet) section(l *layer, file string, section *key, n *yaml.Node) error {
	at := func(n *yaml.Node) string { return fmt.Sprintf("%s:%d", file, n.Line) }
	if isNull(n) { // all keys commented out
		return nil
	}
	if n.Kind != yaml.MappingNode || n.Style&yaml.TaggedStyle != 0 {
		return &Error{
			Where: at(n), Key: section.path,
			Problem: "is not a section of keys, such as " + section.below[0].path + ": VALUE",
		}
	}
	lines := map[string]int{}
	for i := 0; i < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		path := section.join(name.Value)
		k := s.byPath[path]
		if now := s.former[path]; now != nil {
			l.renamed(at(name)+": "+path, now.path)
			k, path = now, now.path
		}
		var err error
		switch {
		case name.Kind != yaml.ScalarNode:
			return &Error{Where: at(name), Key: section.path, Problem: "a key must be a name"}
		case strings.Contains(name.Value, ".") && k != nil:
			return &Error{
				Where: at(name), Key: path,
				Problem: "write the key below its section, indented, not with a dot",
			}
		case k == nil || strings.Contains(name.Value, "."):
			return &Error{
				Where: at(name), Key: shorten(path), Problem: "unknown key" + s.suggest(path),
			}
		case lines[path] != 0:
			return &Error{
				Where: at(name), Key: path,
				Problem: fmt.Sprintf("is set twice, first in line %d", lines[path]),
			}
		case k.isSection():
			err = s.section(l, file, k, value)
		default:
			err = l.put(k, value, at(value))
		}
		if err != nil {
			return err
		}
		lines[path] = name.Line
	}
	return nil
}

func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Style&yaml.TaggedStyle == 0 && n.Tag == "!!null"
}

// parse returns the root of the one document in text; nil if there is none.
func parse(name string, text []byte) (*yaml.Node, error) {
	if err := checkSize(name, text); err != nil {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(text, []byte("\ufeff")):
		return nil, &Error{
			Where:   name + ":1",
			Problem: "begins with a byte order mark; save it as UTF-8 without one",
		}
	case !utf8.Valid(text):
		return nil, &Error{Where: name, Problem: "is not UTF-8 text"}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var doc, second yaml.Node
	if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, syntaxError(name, text, err)
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		return nil, &Error{
			Where:   fmt.Sprintf("%s:%d", name, second.Line),
			Problem: "a second document begins; settings are one document",
		}
	case !errors.Is(err, io.EOF):
		return nil, syntaxError(name, text, err)
	}
	return doc.Content[0], nil
}

var (
	yamlLine  = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)
	tabIndent = regexp.MustCompile(`(?m)^ *\t`)
)

// syntaxError puts yaml's error into our form. Of tabs it says what to do instead: what yaml says
// is hard to understand.
func syntaxError(name string, text []byte, err error) error {
	if tab := tabIndent.FindIndex(text); tab != nil {
		line := 1 + bytes.Count(text[:tab[1]], []byte("\n"))
		return &Error{
			Where: fmt.Sprintf("%s:%d", name, line), Problem: "indent with spaces, not tabs",
			Err: err,
		}
	}
	e := &Error{Where: name, Problem: yamlLine.ReplaceAllString(err.Error(), ""), Err: err}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil && m[1] != "" {
		if line, err := strconv.Atoi(m[1]); err == nil {
			e.Where = fmt.Sprintf("%s:%d", name, line)
		}
	}
	return e
}
