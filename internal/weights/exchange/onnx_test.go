package exchange

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/evaluate"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/fault"
)

// TestExportONNX: the file has the outputs that were asked for. testdata/onnx_check.py holds its
// numbers against cmae's by hand.
func TestExportONNX(t *testing.T) {
	from, c := trained(t)
	e, err := encoder.Open(encoder.Options{From: from, Config: &c})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	dim := c.Model.Resolved().Dim
	probe := &evaluate.LinearHead{
		Classes: []string{"a", "b"}, Weight: make([]float32, 2*dim), Bias: make([]float32, 2),
	}
	out := filepath.Join(t.TempDir(), "e.onnx")
	for _, o := range []ONNXOptions{
		{Out: out}, {Out: out, Batch: 4, Normalize: true, Momentum: true}, {Out: out, Probe: probe},
	} {
		r, err := ExportONNX(e, o)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if r.Side == 0 || (r.Classes > 0) != (o.Probe != nil) ||
			strings.Contains(string(text), "logits") != (o.Probe != nil) ||
			strings.Contains(string(text), "batch") != (o.Batch == 0) {
			t.Errorf("%+v gave %+v", o, r)
		}
	}
	probe.Weight = probe.Weight[2:]
	_, err = ExportONNX(e, ONNXOptions{Out: out, Probe: probe})
	if !errors.Is(err, fault.Mismatch) {
		t.Errorf("a probe of another width: %v", err)
	}
	e.Config.Model.Size = "resnet18"
	if _, err := ExportONNX(e, ONNXOptions{Out: out}); !errors.Is(err, fault.Settings) {
		t.Errorf("a ResNet: %v", err)
	}
}

// TestProbeFoldsItsBatchNorm: logits of the folded layer are those of the head.
func TestProbeFoldsItsBatchNorm(t *testing.T) {
	v := newViT(nil, 2, 1)
	v.probe(&evaluate.LinearHead{
		Mean: []float32{1, 2}, Variance: []float32{4, 1 - evaluate.BatchNormEps},
		Weight: []float32{2, 3}, Bias: []float32{5},
	})
	w := v.weights["probe.weight"]
	if w[0]-1 > 1e-6 || 1-w[0] > 1e-6 || w[1]-3 > 1e-6 || 3-w[1] > 1e-6 {
		t.Errorf("weights %v, want 1 and 3", w)
	}
}
