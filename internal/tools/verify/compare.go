package verify

import (
	"math"

	"cmae/internal/kernel"
)

// Kind groups what is compared.
type Kind string

// The kinds, in the order of reports.
const (
	Outputs   Kind = "outputs"
	Losses    Kind = "losses"
	Gradients Kind = "gradients"
	Updated   Kind = "updated"
	Boxes     Kind = "boxes"
)

// Kinds lists them.
var Kinds = []Kind{Outputs, Losses, Gradients, Updated, Boxes}

// Tolerance is the largest relative error |a-b|/|b| allowed of each kind; for boxes, the largest
// difference of coordinates.
type Tolerance struct {
	Limits map[Kind]float64

	// Negligible is the share of the whole gradient's norm below which a parameter's is compared
	// with the whole.
	Negligible float64
}

// F32 is what float32 engines must keep: the project's promise. A difference that a negligible
// gradient is allowed is 1e-7 of the whole, the resolution of float32.
var F32 = Tolerance{
	map[Kind]float64{Outputs: 1e-4, Losses: 1e-4, Gradients: 1e-4, Updated: 1e-5, Boxes: 0}, 1e-3,
}

// BF16 is for bfloat16 inside blocks, whose mantissa has eight bits. It finds gross faults: the
// vectors' batches are so small that BatchNorm, which divides by the differences between a few
// images, enlarges rounding a hundredfold (without contrast, errors are below 1e-2). Every gradient
// is held against that of the whole model. A box may move by some rows or columns of patches.
var BF16 = Tolerance{
	map[Kind]float64{Outputs: 1e-1, Losses: 1e-1, Gradients: 5e-1, Updated: 1e-1, Boxes: 0.5}, 1,
}

// ToleranceOf is the tolerance for a type inside blocks.
func ToleranceOf(inner kernel.DType) Tolerance {
	if inner == kernel.BF16 {
		return BF16
	}
	return F32
}

// Worst is the largest error of a kind and where it stands.
type Worst struct {
	Error  float64 `json:"error"`
	Tensor string  `json:"tensor"`
	Passed bool    `json:"passed"`
}

// Result is the outcome for one file.
type Result struct {
	File      string         `json:"file"`
	Worst     map[Kind]Worst `json:"worst"`
	tolerance Tolerance
}

func newResult(path string, t Tolerance) *Result {
	return &Result{File: path, Worst: map[Kind]Worst{}, tolerance: t}
}

// Passed reports whether every kind was compared and stayed within tolerance.
func (r *Result) Passed() bool {
	for _, k := range Kinds {
		if w, ok := r.Worst[k]; !ok || !w.Passed {
			return false
		}
	}
	return true
}

// add compares got with want by the Euclidean norm of the difference over that of want.
func (r *Result) add(k Kind, name string, got []float64, want []float32) {
	r.worse(k, name, distance(got, want)/orOne(norm(want)))
}

// addGradient is add for the gradient of one parameter. Some gradients are zero by construction (a
// key's bias under softmax, a bias that a LayerNorm takes off again) and hold nothing but rounding,
// on both sides; what counts then is the gradient of the whole model.
func (r *Result) addGradient(name string, got []float64, want []float32, whole float64) {
	r.worse(
		Gradients, name, distance(got, want)/orOne(max(norm(want), r.tolerance.Negligible*whole)),
	)
}

// resolution of float32: an element of a gradient below this share of the whole gradient's norm is
// rounding.
const resolution = 1e-7

// addUpdated is add for a trained parameter after its first AdamW step, which divides a gradient by
// its own size: an element whose gradient is rounding, or within the error that its parameter's
// gradient is allowed, moves by up to rate in a direction that means nothing. Such elements need
// only have moved that little.
func (r *Result) addUpdated(name string, got []float64, want, grad []float32, whole, rate float64) {
	lost := max(resolution*whole, r.tolerance.Limits[Gradients]*norm(grad))
	var diff float64
	for i, w := range want {
		d := math.Abs(got[i] - float64(w))
		if math.Abs(float64(grad[i])) <= lost && d <= 2*rate {
			continue
		}
		diff += d * d
	}
	r.worse(Updated, name, math.Sqrt(diff)/orOne(norm(want)))
}

func distance(got []float64, want []float32) float64 {
	sum := 0.0
	for i, w := range want {
		d := got[i] - float64(w)
		sum += d * d
	}
	return math.Sqrt(sum)
}

func norm(values []float32) float64 {
	sum := 0.0
	for _, v := range values {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}

func orOne(x float64) float64 {
	if x == 0 {
		return 1
	}
	return x
}

func (r *Result) boxes(name string, got, want []float32) {
	e := 0.0
	for i, w := range want {
		e = max(e, math.Abs(float64(got[i]-w)))
	}
	r.worse(Boxes, name, e)
}

// worse keeps the larger error; NaN counts as the largest.
func (r *Result) worse(k Kind, name string, e float64) {
	if math.IsNaN(e) {
		e = math.Inf(1)
	}
	if w, ok := r.Worst[k]; !ok || e > w.Error {
		r.Worst[k] = Worst{Error: e, Tensor: name, Passed: e <= r.tolerance.Limits[k]}
	}
}
