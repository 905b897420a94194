package config

import (
	"fmt"
	"strings"
)

// Page documents settings, whose values are the defaults, as Markdown: a heading for every section
// and an item for every setting that show accepts.
func Page(settings any, show func(Key) bool) string {
	shown := map[string]Key{}
	for _, k := range Keys(settings, settings) {
		if show(k) {
			shown[k.Path] = k
		}
	}
	var b strings.Builder
	pageSection(&b, keysOf(settings).root, shown)
	return strings.TrimLeft(b.String(), "\n")
}

// pageSection writes the settings right below a section and then its sections.
func pageSection(b *strings.Builder, section *key, shown map[string]Key) {
	headed := section.path == ""
	for _, k := range section.below {
		setting, ok := shown[k.path]
		if k.isSection() || !ok {
			continue
		}
		if !headed {
			headed = true
			fmt.Fprintf(b, "\n### `%s`: %s\n\n", section.path, section.doc)
		}
		for i, line := range wrap(setting.item(), 98) {
			b.WriteString([]string{"- ", "  "}[min(i, 1)] + line + "\n")
		}
	}
	for _, k := range section.below {
		if k.isSection() {
			pageSection(b, k, shown)
		}
	}
}

// item is what a page says of a setting.
func (k Key) item() string {
	text := fmt.Sprintf("**`%s`** (%s", k.Path, k.Type)
	if len(k.Choices) > 0 {
		text = fmt.Sprintf("**`%s`** (`%s`", k.Path, strings.Join(k.Choices, "`, `"))
	}
	if bounds := k.Range.text(); bounds != "" {
		text += " " + bounds
	}
	if len(k.Was) > 0 {
		text += ", formerly `" + strings.Join(k.Was, "`, `") + "`"
	}
	return fmt.Sprintf("%s; default `%s`): %s", text, k.defaultText(), k.Doc)
}

// defaultText is the default as YAML has it on a line.
func (k Key) defaultText() string {
	switch v := k.Default.(type) {
	case nil:
		return "null"
	case string:
		if v == "" {
			return `""`
		}
		return v
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = fmt.Sprint(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	default:
		return fmt.Sprint(v)
	}
}
