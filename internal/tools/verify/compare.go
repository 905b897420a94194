package verify

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"cmae/internal/graph/nn"
	"cmae/internal/optim"
)

// Worst is the largest error of a kind, of those above their limit if there are any, and where it
// stands.
type Worst struct {
	Error  float64 `json:"error"`
	Limit  float64 `json:"limit"`
	Tensor string  `json:"tensor"`
	Passed bool    `json:"passed"`
	// how far one rounding to float32 moves the tensor, where that is why the limit is wider than
	// the tolerance
	Rounding float64 `json:"rounding,omitempty"`
}

// Result is the outcome for one file.
type Result struct {
	File  string         `json:"file"`
	Worst map[Kind]Worst `json:"worst"`
	// Skipped are outputs of the file that a step of ours does not have.
	Skipped []string `json:"skipped,omitempty"`
}

// Passed reports whether everything stayed within tolerance, and outputs, losses, gradients and
// updated weights were all compared.
func (r *Result) Passed() bool {
	for _, k := range Kinds {
		w, compared := r.Worst[k]
		if !compared && k != Boxes || compared && !w.Passed {
			return false
		}
	}
	return true
}

// comparison holds an observation against the file.
type comparison struct {
	*reference
	*Result
	Tolerance
	ours  observation
	moves map[string]float64   // by one rounding, of every tensor; nil without
	grads map[string][]float64 // the file's
	whole float64              // norm of all of them together
	total float64              // the file's loss.total
}

// compare demands that everything in the file is compared, but for outputs that a step of ours does
// not have, and that the file has all losses, gradients and updated weights that ours has. moves is
// how far one rounding moves each tensor, nil to leave that out of account.
func (r *reference) compare(
	ours observation, t Tolerance, moves map[string]float64,
) (*Result, error) {
	res := &Result{File: r.path, Worst: map[Kind]Worst{}}
	c := &comparison{
		reference: r, Result: res, Tolerance: t, ours: ours, moves: moves,
		grads: map[string][]float64{},
	}
	if err := c.readScales(); err != nil {
		return nil, err
	}
	for name := range ours.values {
		if !r.has(name) && c.mustHave(name) {
			return nil, fmt.Errorf("the file has no %s", name)
		}
	}
	for _, name := range r.file.Names() {
		group, of, _ := strings.Cut(name, ".")
		if group == "param" || group == "input" {
			continue
		}
		got, observed := ours.values[name]
		switch {
		case !observed && group == "out":
			res.Skipped = append(res.Skipped, name)
			continue
		case !observed && c.idle(name):
			continue
		case !observed:
			return nil, fmt.Errorf("%s is in the file and unknown to the model", name)
		}
		want, err := r.values(name, len(got))
		if err != nil {
			return nil, err
		}
		c.add(name, group, of, got, want)
	}
	return res, nil
}

// idle tells the names of momentum copies that nothing reads: without contrast ours has none.
func (c *comparison) idle(name string) bool {
	return c.recipe.Contrast.Weight == 0 && strings.HasPrefix(name, "after."+nn.MomentumPrefix)
}

// mustHave tells whether the file must hold what the step computed under this name.
func (c *comparison) mustHave(name string) bool {
	group, of, _ := strings.Cut(name, ".")
	role := c.ours.roles[of]
	return group == "loss" || group == "grad" ||
		group == "after" && role != nn.Fixed && role != nn.Running
}

// readScales reads what an error is relative to where the tensor itself is negligible.
func (c *comparison) readScales() error {
	total, err := c.values("loss.total", 1)
	if err != nil {
		return err
	}
	c.total = math.Abs(total[0])
	sum := 0.0
	for _, name := range c.file.Names() {
		of, ok := strings.CutPrefix(name, "grad.")
		if !ok {
			continue
		}
		values, err := c.file.Float64s(name)
		if err != nil {
			return err
		}
		c.grads[of] = values
		sum += norm(values) * norm(values)
	}
	c.whole = math.Sqrt(sum)
	return nil
}

// add compares one tensor in the way of its group: by the Euclidean norm of the difference over the
// norm of want, but for boxes, and but for what gradientScale and updated say. A loss that is
// negligible beside the total, as a contrast that has won, is rounding, and compared with the
// total.
func (c *comparison) add(name, group, of string, got, want []float64) {
	_, trained := c.grads[of]
	switch {
	case strings.HasPrefix(name, "out.box_"):
		c.boxes(name, of, got, want)
	case name == "out.queue":
		c.within(Outputs, name, of, c.queueDistance(got, want), norm(want))
	case group == "out":
		c.within(Outputs, name, of, distance(got, want), norm(want))
	case group == "loss":
		c.within(Losses, name, name, distance(got, want), max(norm(want), c.Negligible*c.total))
	case group == "grad":
		c.within(Gradients, name, of, distance(got, want), c.gradientScale(of))
	case trained:
		c.updated(of, got, want)
	default:
		c.worse(Updated, of, distance(got, want)/orOne(norm(want)), c.Limits[Updated], 0)
	}
}

// queueDistance is the distance between two queues of keys. One that is smaller than the batch
// holds the last keys, wherever the oldest of them stands.
func (c *comparison) queueDistance(got, want []float64) float64 {
	least := distance(got, want)
	if k := c.recipe.Contrast; c.batch > k.QueueSize {
		for range k.QueueSize {
			got = slices.Concat(got[k.Out:], got[:k.Out])
			least = min(least, distance(got, want))
		}
	}
	return least
}

// gradientScale is what the error of a parameter's gradient is relative to. Some gradients are zero
// by construction (a key's bias under softmax, a bias that a LayerNorm takes off again) and hold
// nothing but rounding, on both sides; what counts then is the gradient of the whole model.
func (c *comparison) gradientScale(of string) float64 {
	return max(norm(c.grads[of]), c.Negligible*c.whole)
}

// limit is the relative error allowed to a tensor of a kind, and the rounding that widens it, if it
// does: moves of the tensor are relative to scale.
func (c *comparison) limit(k Kind, name string, scale float64) (limit, rounding float64) {
	limit, rounding = c.Limits[k], c.moves[name]/scale
	if widened := min(roundings*rounding, c.Most); widened > limit {
		return widened, rounding
	}
	return limit, 0
}

// within compares a difference with its limit; one that needs no wider limit stands by itself.
func (c *comparison) within(k Kind, name, shown string, difference, scale float64) {
	scale = orOne(scale)
	e := difference / scale
	if e <= c.Limits[k] {
		c.worse(k, shown, e, c.Limits[k], 0)
		return
	}
	limit, rounding := c.limit(k, name, scale)
	c.worse(k, shown, e, limit, rounding)
}

// updated compares a trained parameter after its first step. AdamW's divides a gradient by its own
// size: an element whose gradient is within the error that the parameter's is allowed moves by up
// to the rate in a direction that means nothing. So of every element counts what that error of its
// gradient does not explain.
func (c *comparison) updated(of string, got, want []float64) {
	scale := c.gradientScale(of)
	limit, _ := c.limit(Gradients, "grad."+of, orOne(scale))
	lost := limit * scale
	var sum float64
	for i, w := range want {
		g := math.Abs(c.grads[of][i])
		explained := c.rate * (c.step(g+lost) - c.step(g-lost))
		d := max(0, math.Abs(got[i]-w)-explained)
		sum += d * d
	}
	c.worse(Updated, of, math.Sqrt(sum)/orOne(norm(want)), c.Limits[Updated], 0)
}

// step is the first step that a gradient makes, over the rate.
func (r *reference) step(grad float64) float64 {
	if r.optim.Kind == optim.KindSGD {
		return grad
	}
	return grad / (math.Abs(grad) + r.optim.Eps)
}

// boxes compares coordinates. One between a wider and a narrower box is as good as ours.
func (c *comparison) boxes(name, of string, got, want []float64) {
	wider, narrower, e := c.ours.wider[name], c.ours.narrower[name], 0.0
	for i, w := range want {
		w = float64(float32(w))
		if w < min(wider[i], narrower[i]) || w > max(wider[i], narrower[i]) {
			e = max(e, math.Abs(got[i]-w))
		}
	}
	c.worse(Boxes, of, e, c.Limits[Boxes], 0)
}

// worse keeps an error above its limit, or else the larger; NaN counts as the largest.
func (c *comparison) worse(k Kind, tensor string, e, limit, rounding float64) {
	if math.IsNaN(e) {
		e = math.Inf(1)
	}
	w := Worst{e, limit, tensor, e <= limit, rounding}
	old, compared := c.Worst[k]
	if !compared || old.Passed && !w.Passed || old.Passed == w.Passed && e > old.Error {
		c.Worst[k] = w
	}
}

func distance(got, want []float64) float64 {
	sum := 0.0
	for i, w := range want {
		d := got[i] - w
		sum += d * d
	}
	return math.Sqrt(sum)
}

func norm(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v * v
	}
	return math.Sqrt(sum)
}

func orOne(x float64) float64 {
	if x == 0 {
		return 1
	}
	return x
}
