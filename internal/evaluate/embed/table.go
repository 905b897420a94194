package embed

import "cmae/internal/evaluate/encoder"

// Table is what is written: a row an image.
type Table struct {
	Encoder, Feature string
	Side             int
	Classes          []string // nil without labels
	Paths            []string
	Labels           []int64 // indices of classes, or unlabelled
	Dim              int     // D
	Values           []float32
}

func newTable(e *encoder.Encoder) *Table {
	return &Table{Encoder: e.Name, Feature: string(e.Config.Probe.Feature), Side: e.Side}
}

func (t *Table) add(path string, label int32) {
	t.Paths, t.Labels = append(t.Paths, path), append(t.Labels, int64(label))
}

// Row is the feature of image i.
func (t *Table) Row(i int) []float32 { return t.Values[i*t.Dim : (i+1)*t.Dim] }

// Class is the name of image i's class, empty without a label.
func (t *Table) Class(i int) string {
	if t.Labels[i] == unlabelled {
		return ""
	}
	return t.Classes[t.Labels[i]]
}
