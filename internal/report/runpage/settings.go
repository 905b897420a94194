package runpage

import (
	"fmt"
	"strings"

	"cmae/internal/report/page"
	"cmae/internal/rundir"
)

// settingsBlocks are what was set, and everything folded away.
func (r *run) settingsBlocks() []page.Block {
	var blocks []page.Block
	t := page.Table{
		Caption: "Settings that differ from the defaults",
		Head:    []string{"setting", "this run", "default"},
	}
	for _, c := range r.changed() {
		t.Rows = append(t.Rows, page.Words(c.Key, c.New, c.Old))
	}
	if len(t.Rows) > 0 {
		blocks = append(blocks, t)
	} else {
		blocks = append(blocks, page.Text("All settings are the defaults."))
	}
	return append(blocks, page.Code{Title: "All settings (config.yaml)", Text: r.text})
}

// environment is where the run ran, what was typed, and what the log warns of.
func (r *run) environment() []page.Block {
	blocks := r.commands()
	if len(r.warnings) > 0 {
		blocks = append(blocks, page.Code{
			Title: fmt.Sprintf("Warnings of train.log (%d)", len(r.warnings)),
			Text:  strings.Join(r.warnings, "\n"),
		})
	}
	return blocks
}

func (r *run) commands() (blocks []page.Block) {
	if len(r.sessions) == 0 {
		return []page.Block{page.Text(
			"The run was trained by an earlier version, which kept neither machine nor commands.",
		)}
	}
	var typed []string
	last := rundir.Session{}
	for _, s := range r.sessions {
		if f := facts(s); fmt.Sprint(f) != fmt.Sprint(facts(last)) {
			blocks = append(blocks, f)
		}
		last = s
		line := "# " + page.Date(s.Began)
		if s.Step > 0 {
			line += fmt.Sprintf(", from step %d", s.Step)
		}
		typed = append(typed, line, s.Typed())
	}
	return append(blocks, page.Code{Text: strings.Join(typed, "\n")})
}

func facts(s rundir.Session) page.Facts {
	return page.Facts{
		{Term: "CPU", Value: fmt.Sprintf("%s, %d cores", s.CPU, s.Cores)},
		{Term: "Memory", Value: page.Bytes(s.Memory)},
		{Term: "System", Value: s.System},
		{
			Term:  "Engine",
			Value: fmt.Sprintf("%s, %s, %d replicas", s.Engine, s.Precision, s.Replicas),
		},
		{Term: "Program", Value: s.Tool + ", " + s.Go},
	}
}
