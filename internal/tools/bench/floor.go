package bench

import (
	"context"
	"slices"
	"time"
	"unsafe"

	"cmae/internal/comm"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/optim"
	"cmae/internal/rng"
)

// ringBytes bounds the memory that the products of a floor take their operands from, in turn: far
// more than any cache, so that none finds its operand there, as a step wouldn't.
const ringBytes = 1 << 30

// The bytes a parameter that an optimizer cannot avoid: AdamW reads p, g, m, v and writes p, m, v
// in float32, SGD reads p, g, v and writes p, v; a momentum copy reads itself and its parameter and
// writes itself; a bf16 copy is one read and half a write.
const (
	adamwBytes    = 28
	sgdBytes      = 20
	momentumBytes = 12
	bf16Bytes     = 6
)

// floor is the least that a step must do: its products, no two on the same memory, and the bytes of
// its updates.
type floor struct {
	engine   kernel.Engine
	replicas *comm.Replicas
	products []product // of a replica
	parts    int       // of a batch: the products run as often
	in, out  []*ring   // of each replica
	updates  int64
}

func newFloor(s *stepper) *floor {
	f := &floor{
		engine: s.Run.Choice.Engine, replicas: s.Run.Replicas,
		products: productsOf(s.Step.Machine()), parts: s.config.Train.Accumulate,
		updates: updateBytes(s),
	}
	for range s.Run.Replicas.Len() {
		limit := ringBytes / s.Run.Replicas.Len()
		f.in = append(f.in, newRing(f.engine, f.products, product.factors, limit))
		f.out = append(f.out, newRing(f.engine, f.products, product.results, limit))
	}
	return f
}

// run computes the products of a step.
func (f *floor) run(ctx context.Context) error {
	return f.replicas.Do(func(rank int, e kernel.Engine) error {
		var last kernel.Tensor
		for range f.parts {
			for _, p := range f.products {
				if err := context.Cause(ctx); err != nil {
					return err
				}
				last = p.run(e, f.in[rank], f.out[rank])
			}
		}
		if !last.Absent() {
			kernel.Wait(e, last)
		}
		return nil
	})
}

// gflop is the number of multiplications and additions, in units of 10^9.
func (f *floor) gflop() float64 {
	sum := 0.0
	for _, p := range f.products {
		sum += p.flop() / 1e9
	}
	return sum * float64(f.parts*f.replicas.Len())
}

func (f *floor) free() {
	for _, r := range slices.Concat(f.in, f.out) {
		r.free()
	}
}

func updateBytes(s *stepper) int64 {
	total, each := 0, adamwBytes
	if s.config.Optim.Kind == optim.KindSGD {
		each = sgdBytes
	}
	for _, p := range s.Step.Params() {
		total += each * p.Value.Len()
	}
	for _, p := range s.Run.Params.All() {
		if p.Role == nn.EMA {
			total += momentumBytes * p.Value.Len()
		}
		if (p.Role == nn.Trained || p.Role == nn.EMA) && len(p.Value.Shape) > 1 &&
			s.Run.Choice.ComputeType == kernel.BF16 {
			total += bf16Bytes * p.Value.Len()
		}
	}
	return int64(total)
}

// factors and results are the types and shapes of what a product reads and writes.
func (p product) factors() []kernel.Tensor {
	return []kernel.Tensor{
		{Type: p.in, Shape: []int{p.m, p.k}}, {Type: p.in, Shape: []int{p.n, p.k}},
	}
}

func (p product) results() []kernel.Tensor {
	return []kernel.Tensor{{Type: p.out, Shape: []int{p.m, p.n}}}
}

func (p product) inBytes() int {
	return aligned((p.m*p.k)*p.in.Size()) + aligned(p.n*p.k*p.in.Size())
}

func (p product) run(e kernel.Engine, in, out *ring) kernel.Tensor {
	c, a, b := out.next(p.out, p.m, p.n), []int{p.m, p.k}, []int{p.k, p.n}
	switch p.kind {
	case "linear":
		b = []int{p.n, p.k}
	case "linear.dw":
		a = []int{p.k, p.m}
	}
	p.multiply(e, c, in.next(p.in, a...), in.next(p.in, b...))
	return c
}

func (p product) multiply(e kernel.Engine, c, a, b kernel.Tensor) {
	switch p.kind {
	case "linear":
		e.Linear(c, a, b, kernel.Epilogue{})
	case "linear.dx":
		e.LinearGradInput(c, a, b)
	case "linear.dw":
		e.LinearGradWeight(c, kernel.Tensor{}, a, b)
	default:
		panic("bench: product of kind " + p.kind)
	}
}

// ring hands out pieces of memory in turn, from the beginning again when it is used up. What a
// piece holds was written in its own type.
type ring struct {
	engine kernel.Engine
	blocks map[kernel.DType]*block
}

// block is the memory of one type, used up to a byte.
type block struct {
	memory kernel.Tensor
	at     int
}

// newRing is large enough for every product's pieces, up to a limit on all bytes together.
func newRing(
	e kernel.Engine, list []product, pieces func(product) []kernel.Tensor, limit int,
) *ring {
	total, largest, all := map[kernel.DType]int{}, map[kernel.DType]int{}, 64
	for _, p := range list {
		own := map[kernel.DType]int{}
		for _, piece := range pieces(p) {
			own[piece.Type] += aligned(piece.Bytes())
		}
		for t, n := range own {
			total[t], largest[t], all = total[t]+n, max(largest[t], n), all+n
		}
	}
	r := &ring{engine: e, blocks: map[kernel.DType]*block{}}
	for t, n := range total {
		share := int(float64(limit) * float64(n) / float64(all))
		r.blocks[t] = &block{memory: e.New(t, max(min(n, share), largest[t])/t.Size())}
		fill(e, r.blocks[t].memory)
	}
	return r
}

// fill writes numbers of about 1, whether they are float32 or pairs of bf16: untouched memory would
// all be one page.
func fill(e kernel.Engine, t kernel.Tensor) {
	draw := rng.For(1, rng.Synthetic)
	chunk := make([]uint32, 1<<16)
	for i := range chunk {
		half := 0x3f00 | draw.Uint32()&0x807f // +-[0.5, 1) in bf16
		chunk[i] = half<<16 | half
	}
	raw := unsafe.Slice((*byte)(unsafe.Pointer(&chunk[0])), 4*len(chunk))
	each := len(raw) / t.Type.Size()
	for from := 0; from < t.Len(); from += each {
		part := t.Part(from, min(from+each, t.Len()))
		e.Upload(part, raw[:part.Bytes()])
	}
}

func (r *ring) next(t kernel.DType, shape ...int) kernel.Tensor {
	b, piece := r.blocks[t], kernel.Tensor{Type: t, Shape: shape}
	if b.at+piece.Bytes() > b.memory.Bytes() {
		b.at = 0
	}
	piece = b.memory.At(b.at, t, shape...)
	b.at += aligned(piece.Bytes())
	return piece
}

func (r *ring) free() {
	for _, b := range r.blocks {
		r.engine.Free(b.memory)
	}
}

// aligned rounds up to a cache line.
func aligned(bytes int) int { return (bytes + 63) &^ 63 }

// Bandwidth is how many bytes a second, in units of 10^9, the engine's simplest passes over large
// memory read and write: the better of a copy and of a change in place, best of several. An engine
// that compiles makes no copy: two tensors may then be the same memory.
func Bandwidth(e kernel.Engine) float64 {
	const floats, runs = 1 << 25, 6
	type pass struct {
		run    func()
		result kernel.Tensor
	}
	a := e.New(kernel.F32, floats)
	defer e.Free(a)
	passes := []pass{{func() { e.Scale(a, a, -1) }, a}}
	if _, ok := e.(kernel.Compiler); !ok {
		b := e.New(kernel.F32, floats)
		defer e.Free(b)
		passes = append(passes, pass{func() { e.Copy(b, a) }, b})
	}
	best := 0.0
	for _, pass := range passes {
		for range runs {
			start := time.Now()
			pass.run()
			kernel.Wait(e, pass.result)
			best = max(best, 8*floats/time.Since(start).Seconds()/1e9)
		}
	}
	return best
}
