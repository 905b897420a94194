package pretrain

import (
	"fmt"

	"cmae/internal/losses"
	"cmae/internal/rundir"
)

// A run is asked whether it has learned anything after a quarter of its epochs, and not before so
// many steps. A term that has is well below its guess by then: of 85 runs that learned the nearest
// had 0.91 of it, and one that never did 0.98 (docs/results/moco.md).
const (
	askedSteps     = 500
	unlearnedShare = 0.95
)

// askedAfter is the epoch, counted from 1, after which a run of so many is asked.
func askedAfter(epochs, steps int) int {
	return max((epochs+3)/4, (askedSteps+steps-1)/steps)
}

// unlearned warns of the terms of the last step, those with weight, that are no better than a
// guess.
func unlearned(terms []losses.Term, last rundir.Row, epochs int) []string {
	var warnings []string
	values := last.Group(rundir.Terms)
	for _, t := range terms {
		if v, ok := values[t.Name]; ok && t.Guess > 0 && v > unlearnedShare*t.Guess {
			warnings = append(warnings, fmt.Sprintf(
				"%s: after %d of %d epochs its loss is %.3g, and %.3g where nothing is learned; "+
					"a lower optim.base_lr may learn (cmae rates)",
				t.Name, last.Epoch+1, epochs, v, t.Guess,
			))
		}
	}
	return warnings
}

// warnUnlearned warns after the epoch that is ending, where it is the one.
func (t *task) warnUnlearned() {
	epochs := t.config.Train.Epochs
	if t.run.At.Epoch+1 != askedAfter(epochs, t.run.Steps()) {
		return
	}
	for _, w := range unlearned(t.graph.Method.Terms(t.config), t.run.LastRow, epochs) {
		t.run.Console.Warn("%s", w)
	}
}
