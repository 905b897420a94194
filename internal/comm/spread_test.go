package comm_test

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"golang.org/x/sync/errgroup"

	"cmae/internal/comm"
	"cmae/internal/comm/commtest"
	"cmae/internal/kernel"
	"cmae/internal/kernel/compose"
	"cmae/internal/kernel/kerneltest"
	"cmae/internal/kernel/portable"
)

// TestTypes: sums over processes of every type that graphs have, and of gradients that travel as
// bfloat16, which are what Reduce and AllReduceLater sum. 2^-9 is lost beside 1 where a sum is one
// of bfloat16.
func TestTypes(t *testing.T) {
	const size = 3
	exact, rounded := 3+3*math.Exp2(-9), 3.
	for _, c := range []struct {
		of   kernel.DType
		half bool
		sum  func(m comm.Comm, x kernel.Tensor)
		want float64
	}{
		{kernel.F64, false, toFirst, 3 + 3*math.Exp2(-30)},
		{kernel.F64, true, toFirst, 3 + 3*math.Exp2(-30)},
		{kernel.F32, false, toFirst, exact}, {kernel.F32, true, toFirst, rounded},
		{kernel.F32, false, toAllLater, exact}, {kernel.F32, true, toAllLater, rounded},
		{kernel.F32, true, toAll, exact}, {kernel.BF16, false, toFirst, rounded},
	} {
		value := 1 + math.Exp2(-9)
		if c.of == kernel.F64 {
			value = 1 + math.Exp2(-30)
		}
		g := group{name: c.of.String()}
		for _, p := range commtest.New(size) {
			r := open(t, 1)
			r.Join(p, c.half)
			g.processes = append(g.processes, r)
		}
		each(t, g, func(m comm.Comm, e kernel.Engine) {
			wide, x := e.New(kernel.F64, 5), e.New(c.of, 5)
			kernel.Write(e, wide, []float64{value, value, value, value, value})
			if c.of == kernel.F64 {
				e.Copy(x, wide)
			} else {
				e.Cast(x, wide)
			}
			c.sum(m, x)
			if c.of == kernel.F64 {
				e.Copy(wide, x)
			} else {
				e.Cast(wide, x)
			}
			got := kernel.Read[float64](e, wide)
			if !slices.Equal(got, []float64{c.want, c.want, c.want, c.want, c.want}) {
				t.Errorf(
					"%s, half %v: rank %d has %v, want %v", c.of, c.half, m.Rank(), got, c.want,
				)
			}
		})
	}
}

func toFirst(m comm.Comm, x kernel.Tensor) { m.Reduce(x) }
func toAll(m comm.Comm, x kernel.Tensor)   { m.AllReduce(x) }

func toAllLater(m comm.Comm, x kernel.Tensor) {
	m.(comm.Later).AllReduceLater(x)
	m.(comm.Later).Arrived()
}

// TestDevices: engines with memory of their own come together through that of the process.
func TestDevices(t *testing.T) {
	var all errgroup.Group
	for _, p := range commtest.New(2) {
		core, err := kerneltest.NewRemote(portable.New(1))
		if err != nil {
			t.Fatal(err)
		}
		e := compose.Complete(core)
		r := comm.Single(e)
		r.Join(p, false)
		all.Go(func() error {
			c := r.Comm(0).(comm.Later)
			x, both := filled(e, []float32{1 + float32(c.Rank())}, 1, 1), e.New(kernel.F32, 2, 1)
			c.AllGather(both, x)
			c.AllReduceLater(x)
			c.Arrived()
			got := append(kernel.Read[float32](e, both), kernel.Read[float32](e, x)...)
			if !slices.Equal(got, []float32{1, 2, 3}) {
				t.Errorf("rank %d has %v", c.Rank(), got)
			}
			return e.Close()
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
}

// TestGatherAndSend carry bytes of any number.
func TestGatherAndSend(t *testing.T) {
	var all errgroup.Group
	long := bytes.Repeat([]byte("cmae"), 1<<19) // more than 2^20
	for _, p := range commtest.New(3) {
		all.Go(func() error {
			if got := comm.Gather(p, []byte{byte(p.Rank())}); !bytes.Equal(got, []byte{0, 1, 2}) {
				t.Errorf("rank %d gathers %v", p.Rank(), got)
			}
			var mine []byte
			if comm.First(p) {
				mine = long
			}
			if got := comm.Send(p, mine); !bytes.Equal(got, long) {
				t.Errorf("rank %d is sent %d bytes", p.Rank(), len(got))
			}
			return nil
		})
	}
	_ = all.Wait()
	if comm.Several(nil) || !comm.First(nil) {
		t.Error("a process without a job is not alone")
	}
}
