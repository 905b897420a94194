package dataset

import "strings"

// splitGuess looks in the columns of a list of labels that are not read for one that says which
// images are for evaluation: they would be trained on.
type splitGuess struct {
	header            []string
	may               []bool // the column has nothing but splits so far
	trains, evaluates []bool // and images of either kind
}

func newSplitGuess(header []string, at places) *splitGuess {
	n := len(header)
	g := &splitGuess{header, make([]bool, n), make([]bool, n), make([]bool, n)}
	for i := range header {
		g.may[i] = at.split < 0 && i != at.file && i != at.label
	}
	return g
}

// look takes a line.
func (g *splitGuess) look(fields []string) {
	for i, may := range g.may {
		if !may {
			continue
		}
		trains, is := splitOf(g.header[i], strings.ToLower(strings.TrimSpace(fields[i])))
		g.may[i] = is
		g.trains[i], g.evaluates[i] = g.trains[i] || trains, g.evaluates[i] || !trains
	}
}

// splitOf says whether a value of a column is a split, and that of the training images.
func splitOf(column, value string) (trains, is bool) {
	if isSplit(value) {
		return isTrain(value), true
	}
	yes, no := value == "true" || value == "1", value == "false" || value == "0"
	switch strings.ToLower(strings.TrimSpace(column)) {
	case "is_valid", "is_val", "is_test":
		return no, yes || no
	case "is_train":
		return yes, yes || no
	}
	return false, false
}

// fault refuses a list with such a column.
func (g *splitGuess) fault(t *table) error {
	for i, may := range g.may {
		if may && g.trains[i] && g.evaluates[i] {
			return t.fault(
				1, "call it split, with values such as train and val, or remove it",
				"column %q says which images are for evaluation, but is not read", g.header[i],
			)
		}
	}
	return nil
}
