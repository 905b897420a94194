package exchange

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cmae/internal/evaluate"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/fault"
	"cmae/internal/graph/nn"
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
}

// TestProbeFoldsItsBatchNorm: logits of the folded layer are those of the head.
func TestProbeFoldsItsBatchNorm(t *testing.T) {
	v := newNetwork(nil)
	v.probe(&evaluate.LinearHead{
		Mean: []float32{1, 2}, Variance: []float32{4, 1 - evaluate.BatchNormEps},
		Weight: []float32{2, 3}, Bias: []float32{5},
	})
	w := v.weights["probe.weight"]
	if w[0]-1 > 1e-6 || 1-w[0] > 1e-6 || w[1]-3 > 1e-6 || 3-w[1] > 1e-6 {
		t.Errorf("weights %v, want 1 and 3", w)
	}
}

// TestExportONNXOfResNets: a file has every convolution of its network, and no BatchNorm but in
// them. testdata/onnx_check.py holds its numbers against cmae's by hand.
func TestExportONNXOfResNets(t *testing.T) {
	for i, convolutions := range []int{20, 53} {
		row := resNets[i]
		from, _ := imported(t, fmt.Sprintf("testdata/resnet%d.safetensors", row.layers), 0)
		c := configOf(t, from)
		c.Data.ImageSize = row.side
		out := filepath.Join(t.TempDir(), "e.onnx")
		r, err := ExportONNX(open(t, from, c), ONNXOptions{Out: out, Normalize: true})
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		count := func(op string) int { return strings.Count(string(text), "\x22\x04"+op) }
		if r.Side != row.side || r.Classes != 0 || count("Conv") != convolutions ||
			strings.Contains(string(text), "BatchNorm") ||
			strings.Contains(string(text), "MaxPool") != (row.stem == "imagenet") {
			t.Errorf("resnet%d: %+v, %d convolutions", row.layers, r, count("Conv"))
		}
	}
}

// TestConvFoldsItsBatchNorm: the bias takes the mean away, the weights have the gain.
func TestConvFoldsItsBatchNorm(t *testing.T) {
	n := newNetwork(nil)
	n.shapes["c.weight"] = []int{1, 1, 1, 1}
	for name, v := range map[string]float32{
		"c.weight": 3, "n.weight": 4, "n.bias": 5, "n.running_mean": 6,
		"n.running_var": 4 - nn.BatchNormEps,
	} {
		n.weights[name] = []float32{v}
	}
	weight, bias := n.folded("c", "n")
	if !slices.Equal(weight, []float32{6}) || !slices.Equal(bias, []float32{-7}) {
		t.Errorf("weight %v, bias %v, want 6 and -7", weight, bias)
	}
}
