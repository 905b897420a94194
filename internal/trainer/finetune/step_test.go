package finetune

import (
	"errors"
	"math"
	"slices"
	"testing"

	"cmae/internal/comm"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/backend"
	"cmae/internal/kernel/portable"
	"cmae/internal/model"
	"cmae/internal/rng"
)

// small is a classifier of three blocks.
func small(compute kernel.DType) shape {
	return shape{
		encoder: model.EncoderConfig{
			Size: "micro", PatchSize: 4, Dim: 12, Depth: 3, Heads: 2, MLPRatio: 2,
		},
		side: 8, classes: 4, batch: 6, compute: compute, positions: true,
	}
}

// feed draws images and soft answers.
func feed(s shape) (images, answers []float32) {
	r := rng.For(4, rng.Synthetic)
	images, answers = make([]float32, s.batch*3*s.side*s.side), make([]float32, s.batch*s.classes)
	for i := range images {
		images[i] = float32(r.NormFloat64())
	}
	for i := range answers {
		answers[i] = float32(r.Float64())
	}
	return images, answers
}

// TestDerivatives holds the gradient of every parameter, half of the branches dropped, against
// differences along a random direction, in float64.
func TestDerivatives(t *testing.T) {
	e := portable.New(1)
	defer e.Close()
	p := nn.NewParams(e, kernel.F64, 1)
	s, err := newStep(comm.Single(e), p, small(kernel.F64), .5)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := rng.For(5, rng.Synthetic)
	for _, param := range s.Params() {
		values := kernel.Read[float64](e, param.Value)
		for i := range values {
			values[i] += .2 * r.NormFloat64()
		}
		kernel.Write(e, param.Value, values)
	}
	images, answers := feed(s.shape)
	loss := func() float64 {
		l, err := computed(s, images, answers, 7)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	loss()
	for i, param := range s.Params() {
		grad := kernel.Read[float64](e, s.Grads()[i])
		start := kernel.Read[float64](e, param.Value)
		direction, want := make([]float64, len(start)), 0.
		for j := range direction {
			direction[j] = r.NormFloat64()
			want += direction[j] * grad[j]
		}
		at := func(h float64) float64 {
			moved := slices.Clone(start)
			for j := range moved {
				moved[j] += h * direction[j]
			}
			kernel.Write(e, param.Value, moved)
			return loss()
		}
		const h = 1e-5
		got := (at(h) - at(-h)) / (2 * h)
		kernel.Write(e, param.Value, start)
		loss()
		// differences are off by h^2 and by 1e-16/h
		if math.Abs(got-want) > 1e-7*max(1, math.Abs(want)) {
			t.Errorf("%s: differences %v, gradient %v", param.Name, got, want)
		}
	}
	for _, name := range []string{"norm.weight", "norm.bias"} {
		if _, ok := p.Lookup(name); ok {
			t.Errorf("%s is there and has no part in the result", name)
		}
	}
}

// TestEvaluatorIsTheStepWithoutDrops: with nothing dropped both graphs compute the same logits; the
// step's loss is their cross-entropy.
func TestEvaluatorIsTheStepWithoutDrops(t *testing.T) {
	e := portable.New(1)
	defer e.Close()
	p := nn.NewParams(e, kernel.F64, 1)
	s, err := newStep(comm.Single(e), p, small(kernel.F64), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	j, err := newEvaluator(p, s.shape)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	images, answers := feed(s.shape)
	got, err := computed(s, images, answers, 0)
	if err != nil {
		t.Fatal(err)
	}
	exec.Feed(j.Func, "images", images)
	if err := j.Run(); err != nil {
		t.Fatal(err)
	}
	logits, want := exec.Read[float64](j.Func, "logits"), 0.
	for i := range s.batch {
		row, sum := logits[i*s.classes:(i+1)*s.classes], 0.
		for _, v := range row {
			sum += math.Exp(v)
		}
		for c, v := range row {
			want -= float64(answers[i*s.classes+c]) * (v - math.Log(sum)) / float64(s.batch)
		}
	}
	if math.Abs(got-want) > 1e-12 {
		t.Errorf("loss %v, by the evaluator's logits %v", got, want)
	}
}

// TestDropPath: rates grow linearly from 0, a factor is 0 or 1/(1-rate), its mean is 1, and the
// step decides.
func TestDropPath(t *testing.T) {
	e := portable.New(1)
	defer e.Close()
	s := small(kernel.F32)
	s.batch = 2000
	step, err := newStep(comm.Single(e), nn.NewParams(e, kernel.F32, 1), s, .4)
	if err != nil {
		t.Fatal(err)
	}
	defer step.Close()
	d := step.drop
	if !slices.Equal(d.rates, []float64{0, .2, .4}) {
		t.Fatalf("rates %v", d.rates)
	}
	read := func(number int) (all [][]float32) {
		d.feed(step.Func, 3, number, 0)
		for block := 1; block < 3; block++ {
			for branch := range branches {
				all = append(
					all, kernel.Read[float32](e, step.Value(dropInput(block, branch))),
				)
			}
		}
		return all
	}
	first := read(1)
	for i, factors := range first {
		rate, sum := d.rates[1+i/2], 0.
		for _, f := range factors {
			if f != 0 && math.Abs(float64(f)-1/(1-rate)) > 1e-6 {
				t.Fatalf("branch %d: factor %g at rate %g", i, f, rate)
			}
			sum += float64(f)
		}
		if mean := sum / float64(s.batch); math.Abs(mean-1) > .08 { // four deviations at rate .4
			t.Errorf("branch %d: mean factor %g", i, mean)
		}
	}
	if slices.Equal(first[0], read(2)[0]) || !slices.Equal(first[3], read(1)[3]) ||
		slices.Equal(first[2], first[3]) {
		t.Error("factors are not those of their step and branch")
	}
}

// TestReplicasComputeTheSameStep: loss, gradients and dropped paths don't depend on the number of
// replicas.
func TestReplicasComputeTheSameStep(t *testing.T) {
	choice, err := backend.Open("portable", "f32", 2)
	if err != nil {
		t.Fatal(err)
	}
	defer choice.Close()
	var losses []float64
	var grads [][]float64
	for _, count := range []int{1, 2} {
		r, err := choice.Replicas(count)
		if err != nil {
			t.Fatal(err)
		}
		s, err := newStep(r, nn.NewParams(choice.Engine, kernel.F64, 1), small(kernel.F64), .5)
		if err != nil {
			t.Fatal(err)
		}
		images, answers := feed(s.shape)
		loss, err := computed(s, images, answers, 7)
		if err != nil {
			t.Fatal(err)
		}
		var all []float64
		for _, g := range s.Grads() {
			all = append(all, kernel.Read[float64](choice.Engine, g)...)
		}
		losses, grads = append(losses, loss), append(grads, all)
		if err := errors.Join(s.Close(), r.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if math.Abs(losses[0]-losses[1]) > 1e-12 {
		t.Errorf("loss %v in one replica, %v in two", losses[0], losses[1])
	}
	for i, g := range grads[0] {
		if math.Abs(g-grads[1][i]) > 1e-10*max(1, math.Abs(g)) {
			t.Fatalf(
				"number %d of the gradients is %v in one replica, %v in two", i, g, grads[1][i],
			)
		}
	}
}

// computed is the loss of a step of this number.
func computed(s *step, images, answers []float32, number int) (loss float64, err error) {
	s.feed(images, answers, 1, number, 0)
	if err := s.Run(); err != nil {
		return 0, err
	}
	return exec.Read[float64](s.Func, exec.Loss)[0], nil
}
