package exec_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"cmae/internal/comm"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/rng"
)

// counting is an engine that knows how many of its tensors are out.
type counting struct {
	kernel.Engine
	out *int
}

func (c counting) New(t kernel.DType, shape ...int) kernel.Tensor {
	*c.out++
	return c.Engine.New(t, shape...)
}

func (c counting) Free(t kernel.Tensor) {
	*c.out--
	c.Engine.Free(t)
}

// open makes replicas that count the tensors of all their engines in out.
func open(t *testing.T, count int) (r *comm.Replicas, p *nn.Params, out *int) {
	t.Helper()
	return openReal(t, count, kernel.F64)
}

// openReal is open for parameters of another type.
func openReal(
	t *testing.T, count int, real kernel.DType,
) (r *comm.Replicas, p *nn.Params, out *int) {
	t.Helper()
	out = new(int)
	e := counting{newEngine(t), out}
	r, err := comm.New(e, count, func() (kernel.Engine, error) {
		return counting{portable.New(1), out}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r, nn.NewParams(e, real, 1), out
}

func newEngine(t *testing.T) kernel.Engine {
	e := portable.New(1)
	t.Cleanup(func() { e.Close() })
	return e
}

// regression is y = x w^T held against targets, with a bias that is a state.
func regression(batch, in, out int) func(b *exec.Builder) {
	return func(b *exec.Builder) {
		x := b.Input("x", b.ParamType(), batch, in)
		shift := b.State("shift", b.ParamType(), out)
		y := op.Linear(x, b.Param("weight", nn.Ones, out, in), op.LinearOptions{Bias: shift})
		b.Output("y", y)
		target := b.Input("target", b.ParamType(), batch, out)
		b.Loss(op.SquaredError(y, target, 1/float64(b.Shard(batch))))
	}
}

// TestRun: outputs, loss and gradients are those of the whole batch, in however many shards, and
// Close leaves nothing but parameters.
func TestRun(t *testing.T) {
	for _, count := range []int{1, 2, 3} {
		r, p, out := open(t, count)
		f, err := exec.Compile(r, p, kernel.F64, regression(6, 2, 1))
		if err != nil {
			t.Fatal(err)
		}
		exec.Feed(f, "shift", []float64{10})
		exec.Feed(f, "x", []float32{1, 0, 2, 0, 3, 0, 4, 1, 5, 1, 6, 1})
		exec.Feed(f, "target", []float32{10, 10, 10, 10, 10, 10})
		for range 2 {
			if err := f.Run(); err != nil {
				t.Fatal(err)
			}
		}
		if y := exec.Read[float32](f, "y"); !slices.Equal(y, []float32{11, 12, 13, 15, 16, 17}) {
			t.Errorf("%d replicas: y %v", count, y)
		}
		const sum = 1 + 4 + 9 + 25 + 36 + 49
		if loss := exec.Read[float64](f, exec.Loss); !near(loss, sum/6.) {
			t.Errorf("%d replicas: loss %v, want %v", count, loss, sum/6.)
		}
		// 2/6 sum of error times x
		dw := kernel.Read[float64](p.Engine(), f.Grads()[0])
		if !near(dw, 2*(1+4+9+20+30+42)/6., 2*(5+6+7)/6.) || f.Params()[0].Name != "weight" {
			t.Errorf("%d replicas: gradient of %s is %v", count, f.Params()[0].Name, dw)
		}
		if err := f.Close(); err != nil || *out != 1 {
			t.Errorf(
				"%d replicas: %v; %d tensors are left beside the parameter", count, err, *out-1,
			)
		}
	}
}

func near(got []float64, want ...float64) bool {
	return slices.EqualFunc(
		got, want, func(a, b float64) bool { return a-b < 1e-12 && b-a < 1e-12 },
	)
}

// TestFewerImages: a batch that replicas don't divide, and values for a part of it.
func TestFewerImages(t *testing.T) {
	for _, count := range []int{1, 2, 3} {
		r, p, _ := open(t, count)
		f, err := exec.Compile(r, p, kernel.F64, func(b *exec.Builder) {
			x := b.Input("x", b.ParamType(), 5, 2)
			b.Output("double", op.Add(x, x))
			ids := b.Repeat("ids", []int32{1, 0})
			if !slices.Equal(ids.Shape(), []int{b.Shard(5), 2}) {
				t.Errorf("ids are %v", ids.Shape())
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		ids := kernel.Slice[int32](f.Value("ids"))
		if !slices.Equal(ids[:4], []int32{1, 0, 1, 0}) {
			t.Errorf("ids hold %v", ids)
		}
		exec.Feed(f, "x", []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
		exec.Feed(f, "x", []float32{20, 21, 22, 23})
		if err := f.Run(); err != nil {
			t.Fatal(err)
		}
		want := []float64{40, 42, 44, 46, 10, 12, 14, 16, 18, 20}
		if got := exec.Read[float64](f, "double"); !slices.Equal(got, want) {
			t.Errorf("%d replicas: %v", count, got)
		}
	}
}

// TestBuildFails: what cannot be built is an error, and leaves nothing behind.
func TestBuildFails(t *testing.T) {
	r, p, out := open(t, 2)
	for want, build := range map[string]func(b *exec.Builder){
		"linear": func(b *exec.Builder) {
			x := b.Input("x", b.ParamType(), 4, 2)
			op.Linear(x, b.State("w", b.ParamType(), 3, 3), op.LinearOptions{})
		},
		"5 images do not divide among 2 replicas": func(b *exec.Builder) {
			x := b.Input("x", b.ParamType(), 5, 2)
			b.Loss(op.SquaredError(x, x, 1))
		},
	} {
		_, err := exec.Compile(r, p, kernel.F64, build)
		var built *op.BuildError
		if !errors.As(err, &built) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
		if *out != 0 {
			t.Errorf("%s: %d tensors are left", want, *out)
		}
	}
}

// TestMisuse: names and sizes that the graph does not have are bugs of the caller.
func TestMisuse(t *testing.T) {
	r, p, _ := open(t, 2)
	f, err := exec.Compile(r, p, kernel.F64, regression(4, 2, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for name, misuse := range map[string]func(){
		"no input":   func() { exec.Feed(f, "y", []float32{1}) },
		"half a row": func() { exec.Feed(f, "x", []float32{1, 2, 3}) },
		"too many":   func() { exec.Feed(f, "x", make([]float32, 10)) },
		"no output":  func() { exec.Read[float32](f, "x") },
		"twice": func() {
			exec.Shapes(func(b *exec.Builder) { b.Output("a", b.Input("a", kernel.F32, 1)) })
		},
		"other images": func() {
			exec.Shapes(func(b *exec.Builder) {
				b.Input("a", kernel.F32, 2)
				b.Input("b", kernel.F32, 3)
			})
		},
	} {
		if !panics(misuse) {
			t.Errorf("%s: no panic", name)
		}
	}
}

func panics(f func()) (yes bool) {
	defer func() { yes = recover() != nil }()
	f()
	return false
}

// TestPlan: a plan says what one replica holds, and Shapes what parameters there are.
func TestPlan(t *testing.T) {
	for _, count := range []int{1, 2} {
		r, real, _ := open(t, count)
		f, err := exec.Compile(r, real, kernel.F64, regression(6, 2, 1))
		if err != nil {
			t.Fatal(err)
		}
		p := nn.NewMeta(kernel.F64)
		sketch, err := exec.Plan(p, count, kernel.F64, regression(6, 2, 1))
		if err != nil {
			t.Fatal(err)
		}
		if count*sketch.Shared != f.Memory() || len(sketch.Inputs) != 4 {
			t.Errorf(
				"%d replicas: %d bytes and %d inputs planned, %d compiled", count, sketch.Shared,
				len(sketch.Inputs), f.Memory(),
			)
		}
		f.Close()
	}
	p, err := exec.Shapes(regression(6, 2, 1))
	if err != nil || p.Count("") != 2 {
		t.Errorf("%d parameters, %v", p.Count(""), err)
	}
}

// TestImagesAreFedInTheComputeType: products see the values that they would have rounded
// themselves, in one shard and in two.
func TestImagesAreFedInTheComputeType(t *testing.T) {
	values := make([]float32, 4*3*4*4)
	r := rng.For(1, rng.Synthetic)
	for i := range values {
		values[i] = float32(r.NormFloat64())
	}
	embedded := func(count int, input func(b *exec.Builder) *op.Node) []float32 {
		replicas, p, _ := openReal(t, count, kernel.F32)
		f, err := exec.Compile(replicas, p, kernel.BF16, func(b *exec.Builder) {
			patches := op.Patchify(input(b), 2, false)
			b.Output("y", nn.NewLinear(b.Sub("embed"), 3*2*2, 8).Forward(patches))
		})
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		exec.Feed(f, "images", values)
		if err := f.Run(); err != nil {
			t.Fatal(err)
		}
		return exec.Read[float32](f, "y")
	}
	want := embedded(1, func(b *exec.Builder) *op.Node {
		return b.Input("images", kernel.F32, 4, 3, 4, 4)
	})
	for _, count := range []int{1, 2} {
		got := embedded(count, func(b *exec.Builder) *op.Node {
			images := b.Images("images", 4, 3, 4)
			if op.TypeOf(images) != kernel.BF16 {
				t.Errorf("images are %v", op.TypeOf(images))
			}
			return images
		})
		if !slices.Equal(got, want) {
			t.Errorf("%d shards: values differ", count)
		}
	}
}
