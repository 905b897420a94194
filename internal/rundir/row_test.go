package rundir

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRow: a row is written as one object, groups as objects in it, and read back.
func TestRow(t *testing.T) {
	row := Row{Event: "step", Step: 3, Epoch: 1, Values: map[string]float64{
		"loss": 1.5, "terms.contrast": 2, "terms.reconstruct": 0.25, "lr": 1e-3,
	}}
	text, err := json.Marshal(row)
	const want = `{"event":"step","step":3,"epoch":1,` +
		`"loss":1.5,"lr":0.001,"terms":{"contrast":2,"reconstruct":0.25}}`
	if string(text) != want || err != nil {
		t.Errorf("%s, %v", text, err)
	}
	var back Row
	if err := json.Unmarshal(text, &back); err != nil || !cmp.Equal(row, back) {
		t.Errorf("%v, %v", back, err)
	}
	if terms := row.Group(Terms); !cmp.Equal(
		terms, map[string]float64{"contrast": 2, "reconstruct": 0.25},
	) || row.Group("boxes") != nil {
		t.Errorf("terms %v, boxes %v", terms, row.Group("boxes"))
	}
	if text, err := json.Marshal(Row{Event: "epoch"}); err != nil ||
		string(text) != `{"event":"epoch","step":0,"epoch":0}` {
		t.Errorf("%s, %v", text, err)
	}
}

// TestFormerRow: rows of earlier versions are read under today's names.
func TestFormerRow(t *testing.T) {
	var row Row
	err := json.Unmarshal([]byte(`{"event":"step","step":2,"epoch":0,"loss":3,
		"terms":{"con":1,"ctr":2,"loc":4},"boxes":{"degenerate":7},"note":"x","extra":null}`), &row)
	want := Row{Event: "step", Step: 2, Values: map[string]float64{
		"loss": 3, "terms.reconstruct": 1, "terms.contrast": 2, "terms.location": 4,
		"boxes.degenerate": 7,
	}}
	if err != nil || !cmp.Equal(row, want) {
		t.Errorf("%v, %v", row, err)
	}
	for _, bad := range []string{`nonsense`, `[1]`, `{"step":"two"}`} {
		if err := json.Unmarshal([]byte(bad), &row); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}
