package embed

import (
	"cmae/internal/evaluate/encoder"
	"cmae/internal/evaluate/features"
)

// Table is what is written: a row an image.
type Table struct {
	Encoder, Feature string
	Side             int
	Classes          []string // nil without labels
	Paths            []string
	Labels           []int64 // indices of classes, or unlabelled
	Patches          int     // N, of an image, where each has a feature; 0 where an image has one
	Dim              int     // of a row: D, or N*D
	Values           []float32
}

func newTable(e *encoder.Encoder) *Table {
	t := &Table{Encoder: e.Name, Feature: string(e.Config.Probe.Feature), Side: e.Side}
	if e.OfPatches() {
		t.Feature, t.Patches = string(features.EachPatch), e.Grid()*e.Grid()
	}
	return t
}

func (t *Table) add(path string, label int32) {
	t.Paths, t.Labels = append(t.Paths, path), append(t.Labels, int64(label))
}

// shape is the shape of Values: [n,D] or [n,N,D].
func (t *Table) shape() []int {
	if t.Patches > 0 {
		return []int{len(t.Paths), t.Patches, t.Dim / t.Patches}
	}
	return []int{len(t.Paths), t.Dim}
}

// Row is the feature of image i, of all its patches where each has one.
func (t *Table) Row(i int) []float32 { return t.Values[i*t.Dim : (i+1)*t.Dim] }

// Class is the name of image i's class, empty without a label.
func (t *Table) Class(i int) string {
	if t.Labels[i] == unlabelled {
		return ""
	}
	return t.Classes[t.Labels[i]]
}
