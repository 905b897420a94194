package xla

import (
	"fmt"
	"slices"
	"strings"
)

// module is the text of a whole program. A result takes the memory of the argument that has been in
// its place (donation), where the two are alike.
func module(p *program, results []value, body string) string {
	var m strings.Builder
	m.WriteString("module @record {\n  func.func public @main(")
	for i, a := range p.arguments {
		if i > 0 {
			m.WriteString(", ")
		}
		fmt.Fprintf(&m, "%s: %s", argumentName(i), typeName(a.t, a.shape))
		if k := donated(p, a); k >= 0 {
			fmt.Fprintf(&m, " {tf.aliasing_output = %d : i32}", k)
		}
	}
	var names, types []string
	for _, r := range results {
		names, types = append(names, r.name), append(types, r.typ())
	}
	fmt.Fprintf(
		&m, ") -> (%s) {\n%s    return %s : %s\n  }\n}\n", strings.Join(types, ", "), body,
		strings.Join(names, ", "), strings.Join(types, ", "),
	)
	return m.String()
}

func argumentName(i int) string { return fmt.Sprintf("%%arg%d", i) }

// donated is the number of the result that takes an argument's memory, or -1.
func donated(p *program, a argument) int {
	if a.kind != heldArgument {
		return -1
	}
	return slices.IndexFunc(p.results, func(r place) bool {
		return r.at == a.at && r.t == a.t && slices.Equal(r.shape, a.shape)
	})
}
