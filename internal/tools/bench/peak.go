package bench

import (
	"context"
	"fmt"
	"time"

	"cmae/internal/comm"
	"cmae/internal/kernel"
)

// peakSides are the square matrices that are tried, up to those whose chain takes peakLongest: the
// best are small enough for a cache, or large enough for all threads of a GPU.
var peakSides = []int{256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192}

const (
	peakLongest = 100 * time.Millisecond
	peakTrial   = 30 * time.Millisecond  // of each of two with a product
	peakRound   = 500 * time.Millisecond // of a round, and no longer than its products
	// peakChain products in a row have each what the last one left: numbers grow a hundredfold in
	// each.
	peakChain = 4
	// peakMatrices are where a chain begins, what it multiplies by, and two results in turn.
	peakMatrices = 4
)

// peak is the product of square matrices that the engine computes at the highest rate, in all
// replicas at once. The matrices stay where they are: in a cache, where they fit.
type peak struct {
	replicas *comm.Replicas
	product  product
	memory   [][peakMatrices]kernel.Tensor // of each replica
}

// newPeak finds the best side first, then the best kind at it.
func newPeak(ctx context.Context, r *comm.Replicas, t kernel.DType) (*peak, error) {
	best, highest := product{}, 0.0
	try := func(kind string, side int) (chain float64, err error) {
		p := squares(r, product{kind: kind, m: side, n: side, k: side, in: t, out: t})
		defer p.free()
		rate, err := p.best(ctx)
		if rate > highest {
			best, highest = p.product, rate
		}
		return p.gflop() / rate, err
	}
	for _, side := range peakSides {
		chain, err := try("linear", side)
		if err != nil {
			return nil, err
		}
		if chain > peakLongest.Seconds() {
			break
		}
	}
	for _, kind := range []string{"linear.dx", "linear.dw"} {
		if _, err := try(kind, best.m); err != nil {
			return nil, err
		}
	}
	return squares(r, best), nil
}

func squares(r *comm.Replicas, of product) *peak {
	p := &peak{replicas: r, product: of, memory: make([][peakMatrices]kernel.Tensor, r.Len())}
	for rank := range p.memory {
		for i := range p.memory[rank] {
			flat := r.Engine(rank).New(of.in, of.m*of.m)
			fill(r.Engine(rank), flat)
			p.memory[rank][i] = flat.At(0, of.in, of.m, of.m)
		}
	}
	return p
}

// best of two rates, after a chain that is not measured.
func (p *peak) best(ctx context.Context) (float64, error) {
	highest := 0.0
	for _, long := range []time.Duration{0, peakTrial, peakTrial} {
		rate, err := p.rate(ctx, long)
		if err != nil {
			return 0, err
		}
		if long > 0 {
			highest = max(highest, rate)
		}
	}
	return highest, nil
}

// rate is the sum of what the replicas reach each by itself, in GFLOP a second. It computes for so
// long, and a chain at least.
func (p *peak) rate(ctx context.Context, long time.Duration) (float64, error) {
	seconds := make([]float64, p.replicas.Len()) // of a chain
	err := p.replicas.Do(func(rank int, e kernel.Engine) error {
		start := time.Now()
		for chains := 1; seconds[rank] == 0; chains++ {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			p.chain(e, p.memory[rank])
			if took := time.Since(start); took >= long {
				seconds[rank] = took.Seconds() / float64(chains)
			}
		}
		return nil
	})
	sum := 0.0
	for _, s := range seconds {
		sum += peakChain * p.product.flop() / 1e9 / s
	}
	return sum, err
}

// chain computes products of which each reads the one before, so that no engine may leave one out.
func (p *peak) chain(e kernel.Engine, m [peakMatrices]kernel.Tensor) {
	last := m[0]
	for i := range peakChain {
		next := m[2+i%2]
		p.product.multiply(e, next, last, m[1])
		last = next
	}
	kernel.Wait(e, last)
}

// gflop of a chain in all replicas.
func (p *peak) gflop() float64 {
	return float64(p.replicas.Len()) * peakChain * p.product.flop() / 1e9
}

// String names the product as a table does.
func (p *peak) String() string {
	return fmt.Sprintf("%s of %d x %[2]d x %[2]d in %s", p.product.kind, p.product.m, p.product.in)
}

func (p *peak) free() {
	for rank, matrices := range p.memory {
		for _, m := range matrices {
			p.replicas.Engine(rank).Free(m)
		}
	}
}
