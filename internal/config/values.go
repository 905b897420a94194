package config

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

var (
	integerText = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)$`)
	leadingZero = regexp.MustCompile(`^[-+]?0[0-9]+$`)
	numberText  = regexp.MustCompile(`^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$`)
)

// set reads the node into v by v's type; the error says what is wrong with the value.
func set(v reflect.Value, n *yaml.Node) error {
	switch {
	case n.Kind == yaml.AliasNode:
		return errors.New("aliases are not supported; repeat the value")
	case n.Style&yaml.TaggedStyle != 0:
		return fmt.Errorf("explicit types such as %s are not supported", shorten(n.Tag))
	}
	if text, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok &&
		n.Kind == yaml.ScalarNode {
		return text.UnmarshalText([]byte(n.Value))
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		return setList(v, n)
	case reflect.String:
		if text, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
			if list, ok := joined(n); ok { // "0,4095" may be written [0, 4095]
				return text.UnmarshalText([]byte(list))
			}
		}
	}
	if n.Kind != yaml.ScalarNode {
		return fmt.Errorf("needs a %s, not a list or section", typeName(v.Type()))
	}
	if v.Kind() == reflect.String {
		if !utf8.ValidString(n.Value) {
			return fmt.Errorf("%q is not UTF-8, which settings are kept in", n.Value)
		}
		if !isNull(n) {
			v.SetString(n.Value)
		}
		return nil
	}
	const quoted = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle
	if n.Style&(quoted|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return fmt.Errorf(
			"%q is a string; it needs a %s, without quotes", cut(n.Value), typeName(v.Type()),
		)
	}
	return setScalar(v, n.Value)
}

// joined is a list of scalars as text, with commas between.
func joined(n *yaml.Node) (string, bool) {
	values := make([]string, len(n.Content))
	for i, item := range n.Content {
		if item.Kind != yaml.ScalarNode {
			return "", false
		}
		values[i] = item.Value
	}
	return strings.Join(values, ","), n.Kind == yaml.SequenceNode
}

func setList(v reflect.Value, n *yaml.Node) error {
	if n.Kind != yaml.SequenceNode {
		return fmt.Errorf("needs a %s, such as [a, b]", typeName(v.Type()))
	}
	if v.Kind() == reflect.Slice {
		v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	} else if v.Len() != len(n.Content) {
		return fmt.Errorf("has %d values, needs %d", len(n.Content), v.Len())
	}
	for i, item := range n.Content {
		if isNull(item) {
			return fmt.Errorf("value %d is empty", i+1)
		}
		if err := set(v.Index(i), item); err != nil {
			return fmt.Errorf("value %d: %w", i+1, err)
		}
	}
	return nil
}

// setScalar reads text into a bool or number.
func setScalar(v reflect.Value, text string) error {
	wrong := fmt.Errorf("%s is not a %s", shorten(text), typeName(v.Type()))
	switch {
	case v.Kind() == reflect.Bool:
		if text != "true" && text != "false" {
			return fmt.Errorf("%w; write true or false", wrong)
		}
		v.SetBool(text == "true")
	case v.CanInt(), v.CanUint():
		return setInteger(v, text, wrong)
	default:
		return setFloat(v, text, wrong)
	}
	return nil
}

func setInteger(v reflect.Value, text string, wrong error) error {
	if leadingZero.MatchString(text) {
		return fmt.Errorf(
			"%s is octal to some readers of YAML; write it without the leading zero", shorten(text),
		)
	}
	if !integerText.MatchString(text) {
		return fmt.Errorf("%w; write plain decimal digits", wrong)
	}
	bits := v.Type().Bits()
	if v.CanInt() {
		n, err := strconv.ParseInt(text, 10, bits)
		if err != nil {
			return fmt.Errorf("%s does not fit %d bits", shorten(text), bits)
		}
		v.SetInt(n)
		return nil
	}
	if text[0] == '-' {
		return fmt.Errorf("%s is negative; it needs a %s", shorten(text), typeName(v.Type()))
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(text, "+"), 10, bits)
	if err != nil {
		return fmt.Errorf("%s does not fit %d bits", shorten(text), bits)
	}
	v.SetUint(n)
	return nil
}

func setFloat(v reflect.Value, text string, wrong error) error {
	if !numberText.MatchString(text) {
		if f, err := strconv.ParseFloat(strings.Replace(text, ".", "", 1), 64); err == nil &&
			(math.IsInf(f, 0) || math.IsNaN(f)) {
			return fmt.Errorf("%s is not finite", shorten(text))
		}
		return wrong
	}
	f, err := strconv.ParseFloat(text, v.Type().Bits())
	if err != nil {
		return fmt.Errorf("%s does not fit %d bits", shorten(text), v.Type().Bits())
	}
	v.SetFloat(f)
	return nil
}

// shorten is a text for a message: cut, and quoted unless it is plain.
func shorten(text string) string {
	text = cut(text)
	if quoted := strconv.Quote(text); quoted != `"`+text+`"` || text == "" {
		return quoted
	}
	return text
}

func cut(text string) string {
	const limit = 60
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit]) + "..."
	}
	return text
}
