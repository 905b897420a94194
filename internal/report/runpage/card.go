package runpage

import (
	"fmt"
	"strings"

	"cmae/internal/atomicfile"
	"cmae/internal/evaluate"
	"cmae/internal/report/page"
	"cmae/internal/rundir"
)

// WriteCard writes a model card, Markdown, for weights of the run in a folder that were exported to
// a file: what they are, of which data and settings, and what they were worth. variant says in a
// sentence how the weights are not those that results of the run are of, "" where they are.
func WriteCard(path, folder, exported, variant, tool string) error {
	r, err := read(folder)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\n", rundir.Name(folder), r.lead())
	fmt.Fprintf(&b, "The weights are in `%s`, written by %s. ", exported, tool)
	fmt.Fprintf(&b, "%s\n\n## Data\n\n", variant)
	fmt.Fprintf(&b, "Trained on %s", r.data())
	if n := len(r.sessions); n > 0 {
		s := r.sessions[n-1]
		fmt.Fprintf(&b, ": %s training images of %d px", page.Count(s.Train), s.Side)
	}
	b.WriteString(
		". What the images show, and whom, is for whoever publishes the weights to say.\n\n",
	)
	b.WriteString("## Results\n\n")
	r.writeResults(&b, variant)
	b.WriteString("\n## Settings\n\nThose that differ from the defaults:\n\n```yaml\n")
	for _, c := range r.changed() {
		fmt.Fprintf(&b, "%s: %s\n", c.Key, c.New)
	}
	b.WriteString("```\n")
	if n := len(r.sessions); n > 0 {
		b.WriteString("\nTyped:\n\n```sh\n")
		for _, s := range r.sessions {
			b.WriteString(s.Typed() + "\n")
		}
		s := r.sessions[n-1]
		fmt.Fprintf(
			&b, "```\n\nMachine: %s, %d cores; engine %s, %s.\n", s.CPU, s.Cores, s.Engine,
			s.Precision,
		)
	}
	b.WriteString(`
## Licence

Not settled: name one before these weights are published. The licence of the training images, and
that of weights that the run started from, may limit the choice.
`)
	if err := atomicfile.Write(path, []byte(b.String()), 0o644); err != nil {
		return fmt.Errorf("report: model card: %w", err)
	}
	return nil
}

// writeResults is a table of what was kept.
func (r *run) writeResults(b *strings.Builder, variant string) {
	if len(r.kept) == 0 {
		b.WriteString("Not evaluated.\n")
		return
	}
	b.WriteString("| evaluation | of | accuracy | test images |\n| --- | --- | --- | --- |\n")
	for _, k := range r.kept {
		name := subjects[k.Subject]
		if k.Subject == evaluate.Trained && variant != "" {
			name = "the run's encoder"
		}
		if elsewhere := r.elsewhere(k); elsewhere != "" {
			name += ", " + elsewhere
		}
		if k.Subject == evaluate.Trained && r.manifest != nil &&
			k.Step != 0 && k.Step != r.manifest.Step {
			name += fmt.Sprintf(" at step %d", k.Step)
		}
		fmt.Fprintf(
			b, "| %s | %s | %s | %s |\n", k.Method.Title(), name, page.Percent(k.Accuracy),
			page.Count(k.Test),
		)
	}
}
