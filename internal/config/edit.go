package config

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Edit gives a text of settings, called name in errors, with others set, by path as --set has them.
// Comments stay; the text is laid out anew, with two spaces a level.
func Edit(name string, text []byte, assignments ...string) ([]byte, error) {
	root, err := parse(name, text)
	if err != nil {
		return nil, err
	}
	var doc yaml.Node // with the comments above the first setting
	if root == nil || isNull(root) {
		root = &yaml.Node{Kind: yaml.MappingNode}
		doc = yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{root}}
	} else if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, syntaxError(name, text, err)
	} else {
		root = doc.Content[0]
	}
	if root.Kind != yaml.MappingNode {
		return nil, &Error{Where: name, Problem: "is no list of settings"}
	}
	for _, assignment := range assignments {
		path, value, _ := strings.Cut(assignment, "=")
		node, err := parse(path, []byte(value))
		if err != nil {
			return nil, err
		}
		section := root
		fields := strings.Split(path, ".")
		for _, field := range fields[:len(fields)-1] {
			section = below(section, field)
			if section.Kind != yaml.MappingNode {
				*section = yaml.Node{Kind: yaml.MappingNode, HeadComment: section.HeadComment}
			}
		}
		at := below(section, fields[len(fields)-1])
		node.LineComment, node.HeadComment = at.LineComment, at.HeadComment
		*at = *node
	}
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(&doc); err != nil {
		return nil, &Error{Where: name, Problem: cause(err), Err: err}
	}
	return out.Bytes(), e.Close()
}

// below is the value of a key of a section, which is added where it is missing.
func below(section *yaml.Node, name string) *yaml.Node {
	for i := 0; i+1 < len(section.Content); i += 2 {
		if section.Content[i].Value == name {
			return section.Content[i+1]
		}
	}
	value := &yaml.Node{Kind: yaml.MappingNode}
	section.Content = append(
		section.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name}, value,
	)
	return value
}
