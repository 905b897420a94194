package config

import (
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Print writes settings, a struct or a pointer to one, as YAML with every key's doc above it, in
// the order of the fields. Loading that text gives equal settings. A number that is not finite or a
// string that is not UTF-8 is an error.
func Print(w io.Writer, settings any) error {
	var b strings.Builder
	root := reflect.Indirect(reflect.ValueOf(settings))
	if err := printSection(&b, keysOf(settings).root, root, ""); err != nil {
		return err
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func printSection(b *strings.Builder, section *key, root reflect.Value, indent string) error {
	for i, k := range section.below {
		if k.isSection() && indent == "" && i > 0 {
			b.WriteByte('\n')
		}
		for _, line := range wrap(k.doc, 100-len(indent)) {
			fmt.Fprintf(b, "%s# %s\n", indent, line)
		}
		if k.isSection() {
			fmt.Fprintf(b, "%s%s:\n", indent, k.name)
			if err := printSection(b, k, root, indent+"  "); err != nil {
				return err
			}
			continue
		}
		text, err := format(root.FieldByIndex(k.index))
		if err != nil {
			return fmt.Errorf("config: print %s: %w", k.path, err)
		}
		fmt.Fprintf(b, "%s%s: %s\n", indent, k.name, text)
	}
	return nil
}

// wrap breaks a doc into lines of at most width bytes, where its words allow.
func wrap(doc string, width int) []string {
	var lines []string
	for _, word := range strings.Fields(doc) {
		if last := len(lines) - 1; last >= 0 && len(lines[last])+1+len(word) <= width {
			lines[last] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

// format is a value as YAML on one line, which set reads back. The text is usable for people even
// where there is an error.
func format(v reflect.Value) (string, error) {
	switch {
	case v.Kind() == reflect.Slice && v.IsNil():
		return "null", nil
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10), nil
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10), nil
	case v.CanFloat():
		return formatFloat(v.Float(), v.Type().Bits())
	}
	switch v.Kind() {
	case reflect.Bool:
		return strconv.FormatBool(v.Bool()), nil
	case reflect.String:
		return formatString(v.String())
	}
	items := make([]string, v.Len())
	errs := make([]error, v.Len())
	for i := range items {
		items[i], errs[i] = format(v.Index(i))
	}
	return "[" + strings.Join(items, ", ") + "]", errors.Join(errs...)
}

// List is numbers as a setting has them.
func List(values []float64) string { return strings.ReplaceAll(fmt.Sprint(values), " ", ", ") }

// formatFloat always writes a point, by which other YAML readers know a float.
func formatFloat(f float64, bits int) (string, error) {
	text := strconv.FormatFloat(f, 'g', -1, bits)
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return text, fmt.Errorf("%s is not finite", text)
	}
	if strings.Contains(text, ".") {
		return text, nil
	}
	mantissa, exponent, scientific := strings.Cut(text, "e")
	if scientific {
		return mantissa + ".0e" + exponent, nil
	}
	return text + ".0", nil
}

var plainText = regexp.MustCompile(`^[A-Za-z/_][A-Za-z0-9/_.+-]*$`)

// formatString quotes what any YAML reader could take for something else.
func formatString(s string) (string, error) {
	if !utf8.ValidString(s) {
		return strconv.Quote(s), fmt.Errorf("%q is not UTF-8", s)
	}
	var read any
	if plainText.MatchString(s) && yaml.Unmarshal([]byte(s), &read) == nil && read == s {
		return s, nil
	}
	return strconv.Quote(s), nil
}
