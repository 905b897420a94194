package exec_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"cmae/internal/comm"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/rng"
)

const images, width = 12, 5

// noise is n numbers, the same for the same purpose.
func noise(purpose uint64, n int) []float64 {
	r := rng.For(1, rng.Synthetic, purpose)
	values := make([]float64, n)
	for i := range values {
		values[i] = r.NormFloat64()
	}
	return values
}

// layer is x w^T, so that gradients flow back into a parameter.
func layer(b *exec.Builder, name string) *op.Node {
	w := b.Param(name, nn.Normal(1), width, width)
	return op.Linear(data(b, name+".x"), w, op.LinearOptions{})
}

func data(b *exec.Builder, name string) *op.Node {
	return b.Input(name, b.ParamType(), images, width)
}

// mixing are graphs whose images depend on each other.
var mixing = map[string]func(b *exec.Builder) *op.Node{
	"batchnorm": func(b *exec.Builder) *op.Node {
		return op.BatchNorm(layer(b, "a"), op.BatchNormOptions{Eps: 1e-5, Comm: b.Comm()})
	},
	"batchnorm with affine, residual and relu": func(b *exec.Builder) *op.Node {
		return op.BatchNorm(layer(b, "a"), op.BatchNormOptions{
			Gamma: b.Param("gamma", nn.Normal(1), width),
			Beta:  b.Param("beta", nn.Normal(1), width), Eps: 1e-5, Comm: b.Comm(),
			Finish: op.Finish{Residual: layer(b, "b"), ReLU: true},
		})
	},
	"batchnorm in groups": func(b *exec.Builder) *op.Node {
		return op.BatchNorm(
			layer(b, "a"), op.BatchNormOptions{Groups: 4, Eps: 1e-5, Comm: b.Comm()},
		)
	},
	"batchnorm with running statistics, and relu": func(b *exec.Builder) *op.Node {
		return nn.NewBatchNorm2d(b.Sub("c"), width, nn.BatchMode{Train: true}).
			ForwardReLU(layer(b, "a"), nil)
	},
	"batchnorm with running statistics, residual and relu": func(b *exec.Builder) *op.Node {
		return nn.NewBatchNorm2d(b.Sub("c"), width, nn.BatchMode{Train: true}).
			ForwardReLU(layer(b, "a"), layer(b, "b"))
	},
	"infonce": func(b *exec.Builder) *op.Node {
		return op.InfoNCE(
			b.Comm(), op.L2Normalize(layer(b, "a")), op.L2Normalize(data(b, "b.x")), nil, 0.2,
		)
	},
	"infonce with a queue": func(b *exec.Builder) *op.Node {
		queue := b.State("queue", b.ParamType(), 7, width)
		return op.InfoNCE(
			b.Comm(), op.L2Normalize(layer(b, "a")), op.L2Normalize(data(b, "b.x")), queue, 0.2,
		)
	},
	"allgather": func(b *exec.Builder) *op.Node {
		all := op.AllGather(b.Comm(), layer(b, "a"))                           // [12,5] everywhere
		products := op.Linear(layer(b, "b"), op.GELU(all), op.LinearOptions{}) // [b,12]
		return op.Linear(products, b.Param("v", nn.Normal(1), width, images),  // [b,5]
			op.LinearOptions{})
	},
}

// result is what a graph gives of a batch.
type result struct {
	loss   float64
	values []float64
	grads  map[string][]float64 // and the running statistics
}

// compute runs a mixing graph, twice, in so many replicas.
func compute(
	t *testing.T, count int, real kernel.DType, mix func(b *exec.Builder) *op.Node,
) result {
	t.Helper()
	r, p, _ := openReal(t, count, real)
	f, err := exec.Compile(r, p, real, func(b *exec.Builder) {
		z := mix(b)
		b.Output("z", z)
		if z.Dims() > 0 {
			target := b.Input("target", b.ParamType(), images, width)
			z = op.SquaredError(z, target, 1/float64(b.Shard(images)))
		}
		b.Loss(z)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i, in := range []struct {
		name string
		rows int
	}{{"a.x", images}, {"b.x", images}, {"target", images}, {"queue", 7}} {
		if f.Has(in.name) {
			exec.Feed(f, in.name, noise(uint64(i), in.rows*width))
		}
	}
	for range 2 {
		if err := f.Run(); err != nil {
			t.Fatal(err)
		}
	}
	out := result{
		loss: exec.Read[float64](f, exec.Loss)[0], values: exec.Read[float64](f, "z"),
		grads: map[string][]float64{},
	}
	for i, param := range f.Params() {
		out.grads[param.Name] = kernel.Read[float64](p.Engine(), f.Grads()[i])
	}
	for _, param := range p.All() {
		if param.Role == nn.Running {
			out.grads[param.Name] = kernel.Read[float64](p.Engine(), param.Value)
		}
	}
	return out
}

// TestReplicasComputeTheSame: where images depend on each other, replicas compute what one does:
// losses, values and gradients, those of parameters that all of them use among them.
func TestReplicasComputeTheSame(t *testing.T) {
	for name, mix := range mixing {
		want := compute(t, 1, kernel.F64, mix)
		for _, count := range []int{2, 3, 4} {
			got := compute(t, count, kernel.F64, mix)
			if !close64([]float64{got.loss}, []float64{want.loss}) {
				t.Errorf("%s in %d replicas: loss %v, want %v", name, count, got.loss, want.loss)
			}
			if !close64(got.values, want.values) {
				t.Errorf("%s in %d replicas: %v, want %v", name, count, got.values, want.values)
			}
			for param, grad := range want.grads {
				if !close64(got.grads[param], grad) {
					t.Errorf("%s in %d replicas: gradient of %s is %v, want %v", name, count, param,
						got.grads[param], grad)
				}
			}
		}
	}
}

func close64(got, want []float64) bool {
	return slices.EqualFunc(got, want, func(a, b float64) bool {
		return math.Abs(a-b) <= 1e-11*max(1, math.Abs(b))
	})
}

// TestReplicasRepeatTheirBits: two runs of the same replicas agree to the bit, in float32.
func TestReplicasRepeatTheirBits(t *testing.T) {
	for name, mix := range mixing {
		for _, count := range []int{2, 3} {
			first := fmt.Sprint(compute(t, count, kernel.F32, mix))
			for range 5 {
				if again := fmt.Sprint(compute(t, count, kernel.F32, mix)); again != first {
					t.Fatalf("%s in %d replicas: %s, then %s", name, count, first, again)
				}
			}
		}
	}
}

// TestBatchNormHasTheBitsOfOneReplica: since each replica normalises the whole batch.
func TestBatchNormHasTheBitsOfOneReplica(t *testing.T) {
	mix := mixing["batchnorm with affine, residual and relu"]
	want := compute(t, 1, kernel.F32, mix)
	for _, count := range []int{2, 3} {
		if got := compute(t, count, kernel.F32, mix); !slices.Equal(got.values, want.values) {
			t.Errorf("%d replicas: %v, want %v", count, got.values, want.values)
		}
	}
}

// TestMixingIsRefused: an operation that would take its shard for the batch is an error that names
// it. In one replica it may.
func TestMixingIsRefused(t *testing.T) {
	for _, c := range []struct {
		want  string
		build func(b *exec.Builder, x *op.Node)
	}{
		{"batchnorm norm", func(b *exec.Builder, x *op.Node) {
			gamma := b.Param("norm.weight", nn.Ones, width)
			beta := b.Param("norm.bias", nn.Zeros, width)
			op.BatchNorm(x, op.BatchNormOptions{Gamma: gamma, Beta: beta, Eps: 1e-5})
		}},
		{"infonce", func(b *exec.Builder, x *op.Node) { op.InfoNCE(nil, x, x, nil, .1) }},
		{"permute", func(b *exec.Builder, x *op.Node) {
			order := make([]int, x.Shape()[0])
			for i := range order {
				order[i] = len(order) - 1 - i
			}
			op.PermuteRows(x, order)
		}},
	} {
		build := func(b *exec.Builder) { c.build(b, b.Input("x", b.ParamType(), images, width)) }
		for _, count := range []int{1, 2} {
			r, p, out := open(t, count)
			f, err := exec.Compile(r, p, kernel.F64, build)
			var built *op.BuildError
			if count == 1 {
				if err != nil {
					t.Errorf("%s is refused in one replica: %v", c.want, err)
					continue
				}
				f.Close()
			} else if !errors.As(err, &built) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s in two replicas: %v", c.want, err)
			}
			if *out != len(p.All()) {
				t.Errorf("%s: %d tensors for %d parameters", c.want, *out, len(p.All()))
			}
			_, err = exec.Plan(nn.NewMeta(kernel.F32), count, kernel.F32, build)
			if (err != nil) != (count > 1) {
				t.Errorf("%s: planned in %d replicas: %v", c.want, count, err)
			}
		}
	}
}

// broken is an engine that fails in GELU.
type broken struct{ kernel.Engine }

var errDevice = errors.New("device lost")

func (broken) GELU(kernel.Tensor, kernel.Tensor) {
	panic(&kernel.Error{Engine: "broken", Err: errDevice})
}

// TestFailureReleasesTheOthers: a replica whose engine fails ends the run of those that wait for it
// in a collective, and its error comes out.
func TestFailureReleasesTheOthers(t *testing.T) {
	engines := make(chan kernel.Engine, 2)
	for _, e := range []kernel.Engine{newEngine(t), broken{newEngine(t)}} {
		engines <- e
	}
	owner := newEngine(t)
	r, err := comm.New(owner, 2, func() (kernel.Engine, error) { return <-engines, nil })
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p := nn.NewParams(owner, kernel.F32, 1)
	f, err := exec.Compile(r, p, kernel.F32, func(b *exec.Builder) {
		b.Output("y", op.AllGather(b.Comm(), op.GELU(b.Input("x", b.ParamType(), 4, 3))))
	})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for range 3 {
		if err := f.Run(); !errors.Is(err, errDevice) || !strings.Contains(err.Error(), "gelu") {
			t.Errorf("%v should be the device's and name its layer", err)
		}
	}
}
