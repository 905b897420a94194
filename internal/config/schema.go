package config

import (
	"reflect"
	"strings"
)

// Schema is a JSON schema (draft 2020-12) of the files from which settings, whose values are the
// defaults, may be loaded. An editor completes and checks such a file by it. Names of earlier
// versions are in it as deprecated.
func Schema(title string, settings any) map[string]any {
	s, values := keysOf(settings), Values(settings)
	schema := s.sectionSchema(s.root, values)
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	schema["title"] = title
	return schema
}

func (s *keySet) sectionSchema(section *key, values map[string]string) map[string]any {
	properties := map[string]any{}
	for _, k := range section.below {
		if k.isSection() {
			properties[k.name] = s.sectionSchema(k, values)
			continue
		}
		leaf := k.schema()
		leaf["default"] = plain(values[k.path])
		properties[k.name] = leaf
		for _, name := range k.was {
			former := k.schema()
			former["deprecated"], former["description"] = true, "is now called "+k.name
			properties[name] = former
		}
	}
	schema := map[string]any{
		// a section may be empty, all its keys commented out
		"type": []string{"object", "null"}, "properties": properties, "additionalProperties": false,
	}
	if section.doc != "" {
		schema["description"] = section.doc
	}
	return schema
}

// schema is the schema of a leaf.
func (k *key) schema() map[string]any {
	schema := map[string]any{}
	switch k.typ.Kind() {
	case reflect.Slice, reflect.Array:
		schema["items"] = k.rule.schema(k.typ.Elem())
		schema["type"] = []string{"array"}
		if k.typ.Kind() == reflect.Slice {
			schema["type"] = []string{"array", "null"}
		} else {
			schema["minItems"], schema["maxItems"] = k.typ.Len(), k.typ.Len()
		}
		if hasText(k.typ) {
			schema["type"] = append(schema["type"].([]string), "string")
		}
	default:
		schema = k.rule.schema(k.typ)
	}
	if k.doc != "" {
		schema["description"] = k.doc
	}
	return schema
}

// schema is the schema of one value of type t. A string may be written without quotes whatever it
// looks like, and null is the empty one.
func (r rule) schema(t reflect.Type) map[string]any {
	schema := map[string]any{}
	switch name := scalarName(t); {
	case r.choices != nil:
		schema["enum"] = r.choices
	case name == "string":
		schema["type"] = []string{"string", "number", "boolean", "null"}
	case name == "bool":
		schema["type"] = "boolean"
	case name == "number":
		schema["type"] = "number"
	default:
		schema["type"] = "integer"
		if strings.HasPrefix(name, "non-negative") {
			schema["minimum"] = 0
		}
	}
	for word, bound := range map[string]*float64{
		"minimum": r.Min, "exclusiveMinimum": r.Above, "maximum": r.Max,
		"exclusiveMaximum": r.Below,
	} {
		if bound != nil {
			schema[word] = *bound
		}
	}
	return schema
}
