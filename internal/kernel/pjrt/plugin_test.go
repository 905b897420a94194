package pjrt

import (
	"slices"
	"testing"
	"unsafe"
)

// start starts the first plugin that there is; without one the test is skipped.
func start(t *testing.T) *Client {
	t.Helper()
	for _, f := range Find() {
		if !f.Kind.Present() {
			continue
		}
		p, err := f.Load()
		if err != nil {
			t.Fatal(err)
		}
		c, err := p.Start()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
		return c
	}
	t.Skip(ErrNotFound)
	return nil
}

// double takes the memory of its argument.
const double = `module @double {
  func.func public @main(%arg0: tensor<3xf32> {tf.aliasing_output = 0 : i32}) -> (tensor<3xf32>) {
    %v0 = stablehlo.add %arg0, %arg0 : tensor<3xf32>
    return %v0 : tensor<3xf32>
  }
}`

func TestAProgramRuns(t *testing.T) {
	c := start(t)
	devices, err := c.Devices()
	if err != nil || len(devices) == 0 {
		t.Fatalf("devices %v, %v", devices, err)
	}
	program, err := c.Compile(double, Options{"xla_llvm_disable_expensive_passes": "true"})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := program.Plan()
	if err != nil || plan.Aliased != 12 || plan.Arguments != 12 {
		t.Errorf("plan %+v, %v", plan, err)
	}
	programs := []*Program{program}
	if raw, err := program.Serialized(); err != nil {
		t.Logf("programs are not kept: %v", err)
	} else if again, err := c.Load(raw); err != nil {
		t.Error(err)
	} else {
		programs = append(programs, again)
	}
	for _, p := range programs {
		got := run(t, c, p, []float32{1, -2, 3})
		if !slices.Equal(got, []float32{2, -4, 6}) {
			t.Errorf("got %v", got)
		}
		if err := p.Free(); err != nil {
			t.Error(err)
		}
	}
}

func run(t *testing.T, c *Client, p *Program, values []float32) []float32 {
	t.Helper()
	in := upload(t, c, values)
	out, err := p.Run([]*Buffer{in})
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float32, len(values))
	raw := unsafe.Slice((*byte)(unsafe.Pointer(&got[0])), 4*len(got))
	for _, err := range []error{out[0].Download(raw), in.Free(), out[0].Free()} {
		if err != nil {
			t.Error(err)
		}
	}
	return got
}

func TestWhatDoesNotCompileIsAnError(t *testing.T) {
	c := start(t)
	if _, err := c.Compile("module {", nil); err == nil || OutOfMemory(err) {
		t.Errorf("got %v", err)
	}
}

// endless gives more than any device has.
const endless = `module @endless {
  func.func public @main(%arg0: tensor<3xf32>) -> (tensor<3x24000000000000xf32>) {
    %v0 = stablehlo.broadcast_in_dim %arg0, dims = [0] : (tensor<3xf32>) -> tensor<3x24000000000000xf32>
    return %v0 : tensor<3x24000000000000xf32>
  }
}`

// TestWithoutMemoryThePluginGoesOn: a program that gets no memory is an error of that kind, and the
// next one runs.
func TestWithoutMemoryThePluginGoesOn(t *testing.T) {
	c := start(t)
	values := []float32{1, -2, 3}
	large, err := c.Compile(endless, nil)
	if err == nil {
		_, err = large.Run([]*Buffer{upload(t, c, values)})
	}
	if !OutOfMemory(err) {
		t.Fatalf("got %v", err)
	}
	small, err := c.Compile(double, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := run(t, c, small, values); !slices.Equal(got, []float32{2, -4, 6}) {
		t.Errorf("got %v", got)
	}
}

func upload(t *testing.T, c *Client, values []float32) *Buffer {
	t.Helper()
	raw := unsafe.Slice((*byte)(unsafe.Pointer(&values[0])), 4*len(values))
	b, err := c.Upload(raw, F32, []int64{int64(len(values))})
	if err != nil {
		t.Fatal(err)
	}
	return b
}
