package xla

import (
	"testing"
	"time"

	"cmae/internal/kernel"
	"cmae/internal/kernel/pjrt"
)

// step makes calls of as many kinds and operands as a step of ViT-B: 12 blocks of an encoder and 8
// of a decoder, forward and backward, and an update of 250 parameters.
type step struct {
	x, w, bias, probs tensor
	params            []tensor
}

func newStep(e *Engine) step {
	s := step{
		x: e.New(kernel.F32, 64, 50, 768), w: e.New(kernel.F32, 768, 768),
		bias: e.New(kernel.F32, 768), probs: e.New(kernel.F32, 64, 12, 50, 50),
	}
	for range 1000 {
		s.params = append(s.params, e.New(kernel.F32, 768, 768))
	}
	return s
}

func (s step) record(e *Engine, number int) {
	x, w, bias := s.x, s.w, s.bias
	for range 20 {
		for range 2 {
			e.LayerNorm(x, bias, bias, x, bias, bias, 1e-6)
			e.LayerNormGrad(x, bias, bias, x, bias, bias, bias, x)
		}
		for range 4 {
			e.Linear(x, x, w, kernel.Epilogue{Bias: bias, Residual: x})
			e.LinearGradInput(x, x, w)
			e.LinearGradWeight(w, bias, x, x)
			e.Add(x, x, x)
		}
		e.Attention(x, s.probs, x, 12)
		e.AttentionGrad(x, x, s.probs, x, 12)
	}
	for i := 0; i < len(s.params); i += 4 {
		p := s.params[i : i+4]
		e.AdamW(p[0], p[1], p[2], p[3], kernel.AdamW{
			Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, WeightDecay: 0.05,
			Scheduled: kernel.Scheduled{LR: 1e-3 / float64(number), GradScale: 1, Step: number},
		})
	}
}

// TestAStepIsAnEqualRecord: what changes from step to step is no part of the record, and what does
// not change is.
func TestAStepIsAnEqualRecord(t *testing.T) {
	e, err := onDevice(exhausted{})
	if err != nil {
		t.Skip(err)
	}
	s := newStep(e)
	s.record(e, 1)
	first := string(e.record.bytes)
	e.record.clear()
	s.record(e, 2)
	if string(e.record.bytes) != first {
		t.Error("the second step has another record")
	}
	e.record.clear()
	s.x.Shape = []int{32, 100, 768}
	s.record(e, 2)
	if string(e.record.bytes) == first {
		t.Error("other shapes have the same record")
	}
}

// BenchmarkRecord is the cost of recording a step and finding its program.
func BenchmarkRecord(b *testing.B) {
	e, err := onDevice(exhausted{})
	if err != nil {
		b.Skip(err)
	}
	s := newStep(e)
	s.record(e, 1)
	e.known[string(e.record.bytes)] = []*program{{}}
	e.record.clear()
	for n := 1; b.Loop(); n++ {
		s.record(e, n)
		if p, _ := e.lookUp(); p == nil {
			b.Fatal("the program is not found")
		}
		e.record.clear()
	}
}

// slow is a device whose compiler takes longer than a second.
type slow struct{ absent }

func (slow) compile(string) (executable, pjrt.Plan, error) {
	time.Sleep(1200 * time.Millisecond)
	return unrun(1), pjrt.Plan{}, nil
}

func TestCompilingIsTold(t *testing.T) {
	e, err := onDevice(&slow{})
	if err != nil {
		t.Skip(err)
	}
	var told []time.Duration
	ended := 0
	e.OnCompile(func(took time.Duration, over bool) {
		if told = append(told, took); over {
			ended++
		}
	})
	x := e.New(kernel.F32, 3)
	for range 2 { // the second time the program is known
		e.Zero(x)
		e.Start()
	}
	if len(told) != 2 || told[0] < time.Second || told[1] < told[0] || ended != 1 {
		t.Errorf("told %v, %d times that it is over", told, ended)
	}
}
