package config

import (
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

const envPrefix = "CMAE_"

// envName is the environment variable of a key: data.image_size is CMAE_DATA_IMAGE_SIZE.
func envName(path string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

// environment reads the settings among environment variables. A name with our prefix that is no
// setting is an error: a misspelt one would otherwise be ignored in silence.
func (s *keySet) environment(env, ignore []string) (*layer, error) {
	l := newLayer()
	for _, assignment := range env {
		name, value, _ := strings.Cut(assignment, "=")
		if !strings.HasPrefix(name, envPrefix) || slices.Contains(ignore, name) {
			continue
		}
		k := s.byEnv[name]
		for was, now := range s.former {
			if k == nil && envName(was) == name {
				l.renamed(name, envName(now.path))
				k = now
			}
		}
		if k == nil {
			problem := "unknown setting"
			if near := s.nearest(
				strings.ToLower(strings.TrimPrefix(name, envPrefix)), "_",
			); near != nil {
				problem += "; did you mean " + envName(near.path) + "?"
			}
			return l, &Error{Where: shorten(name), Problem: problem}
		}
		if err := l.override(k, value, name); err != nil {
			return l, err
		}
	}
	return l, nil
}

// assignments reads the values of --set.
func (s *keySet) assignments(list []string) (*layer, error) {
	l := newLayer()
	for _, assignment := range list {
		path, value, found := strings.Cut(assignment, "=")
		path = strings.TrimSpace(path)
		k := s.byPath[path]
		if now := s.former[path]; now != nil {
			l.renamed("--set: "+path, now.path)
			k, path = now, now.path
		}
		switch {
		case path == "":
			return l, &Error{
				Where:   "--set",
				Problem: shorten(assignment) + " names no key; write section.key=value",
			}
		case k == nil:
			return l, &Error{
				Where: "--set", Key: shorten(path), Problem: "unknown key" + s.suggest(path),
			}
		case k.isSection():
			return l, &Error{
				Where: "--set", Key: path,
				Problem: "is a section; set one of its keys, such as " + s.first(k).path,
			}
		case !found:
			return l, &Error{
				Where: "--set", Key: path, Problem: "has no value; write " + path + "=VALUE",
			}
		}
		if err := l.override(k, value, "--set"); err != nil {
			return l, err
		}
	}
	return l, nil
}

// override reads a leaf's value from text that is not in a file. A string is taken as it stands,
// unless it is quoted, and so is another type's text, unless it is a list; all else is a YAML
// value.
func (l *layer) override(k *key, text, where string) error {
	quoted := strings.HasPrefix(text, `"`) || strings.HasPrefix(text, "'")
	list := strings.HasPrefix(strings.TrimSpace(text), "[")
	if !quoted && (k.typ.Kind() == reflect.String || hasText(k.typ) && !list) {
		return l.put(k, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}, where)
	}
	n, err := parse(where, []byte(text))
	if err != nil {
		return &Error{
			Where: where, Key: k.path, Problem: "the value is not one YAML value: " + shorten(text),
			Err: err,
		}
	}
	if n == nil {
		n = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}
	}
	return l.put(k, n, where)
}

// first is the first leaf below a section.
func (s *keySet) first(section *key) *key {
	k := section.below[0]
	if k.isSection() {
		return s.first(k)
	}
	return k
}
