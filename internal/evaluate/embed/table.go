package embed

import "cmae/internal/evaluate/encoder"

// table is what is written: a row an image.
type table struct {
	encoder, feature string
	side             int
	classes          []string // nil without labels
	paths            []string
	labels           []int64 // indices of classes, or unlabelled
	dim              int     // D
	values           []float32
}

func newTable(e *encoder.Encoder) *table {
	return &table{encoder: e.Name, feature: string(e.Config.Probe.Feature), side: e.Side}
}

func (t *table) add(path string, label int32) {
	t.paths, t.labels = append(t.paths, path), append(t.labels, int64(label))
}

// row is the feature of image i.
func (t *table) row(i int) []float32 { return t.values[i*t.dim : (i+1)*t.dim] }

// class is the name of image i's class, empty without a label.
func (t *table) class(i int) string {
	if t.labels[i] == unlabelled {
		return ""
	}
	return t.classes[t.labels[i]]
}
