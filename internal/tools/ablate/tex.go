package ablate

import (
	"fmt"
	"strings"
)

// tex is the accuracies as a table of LaTeX's package booktabs, the best of each column in bold.
func (t *Table) tex() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%% Sweep %s. Needs \\usepackage{booktabs}.\n", t.Name)
	columns := strings.Repeat("rr", len(t.Evaluators))
	fmt.Fprintf(&b, "\\begin{tabular}{l%s}\n\\toprule\ncell", columns)
	for _, e := range t.Evaluators {
		fmt.Fprintf(&b, " & %s, \\%% & difference", texEscape(e.title()))
	}
	b.WriteString(" \\\\\n\\midrule\n")
	best := t.best()
	for i, r := range t.Rows {
		b.WriteString(texEscape(r.Name))
		for _, e := range t.Evaluators {
			a := r.Accuracy[e]
			if a == nil {
				b.WriteString(" & -- & --")
				continue
			}
			mean := fmt.Sprintf("%.1f", 100*a.Mean)
			if best[e] == i {
				mean = "\\mathbf{" + mean + "}"
			}
			if a.SD != nil {
				mean += fmt.Sprintf(" \\pm %.1f", 100**a.SD)
			}
			difference := "--"
			if d := t.compare(r, t.Rows[0], e); d != nil && i > 0 {
				difference = fmt.Sprintf("$%+.1f$", 100*d.Mean)
			}
			fmt.Fprintf(&b, " & $%s$ & %s", mean, difference)
		}
		b.WriteString(" \\\\\n")
	}
	b.WriteString("\\bottomrule\n\\end{tabular}\n")
	return []byte(b.String())
}

// texEscape writes a text so that LaTeX sets it as it is.
func texEscape(text string) string {
	return strings.NewReplacer(
		`\`, `\textbackslash{}`, `_`, `\_`, `%`, `\%`, `&`, `\&`, `#`, `\#`, `$`, `\$`, `{`, `\{`,
		`}`, `\}`, `~`, `\textasciitilde{}`, `^`, `\textasciicircum{}`,
	).Replace(text)
}
