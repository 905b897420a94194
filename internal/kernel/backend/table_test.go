package backend

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/kernel/pjrt"
	"cmae/internal/kernel/portable"
	"cmae/internal/machine"
)

// toy is an engine as another package would add one: with what it must have and no more.
type toy struct{ kernel.Core }

func (toy) Name() string { return "toy" }

// withToy is the table with a line for toy, which fails to open with err, or unless it is asked
// for.
func withToy(err error) Table {
	return append(Engines(), kernel.Backend{
		Name: "toy", Variables: []string{"CMAE_TOY"},
		Open: func(o kernel.Options) (*kernel.Opened, error) {
			if err != nil && o.Auto {
				return nil, err
			}
			return &kernel.Opened{
				Core: toy{portable.New(o.Threads)}, Library: "toys 1.0", Compute: kernel.BF16,
				Why: "bf16 is fun", Replicas: 2,
			}, nil
		},
	})
}

func TestALineAddsAnEngine(t *testing.T) {
	table := withToy(nil)
	if names := table.Names(); !slices.Contains(names, "toy") || names[0] != Auto {
		t.Errorf("choices %v", names)
	}
	if err := table.Check("toy", "f32"); err != nil {
		t.Error(err)
	}
	if err := table.Check("toi", "f32"); err == nil ||
		!strings.HasSuffix(err.Error(), `"toi" is not one of auto, portable, onednn, xla, toy`) {
		t.Errorf("got %v", err)
	}
	for _, name := range []string{"toy", Auto} { // auto prefers the last line
		c, err := table.Open(name, Auto, 2)
		if err != nil {
			t.Fatal(err)
		}
		if c.Name() != "toy" || c.ComputeType != kernel.BF16 ||
			c.Reason != "toys 1.0; bf16 is fun" ||
			c.single() {
			t.Errorf("%s: %+v", name, c)
		}
		replicas, err := c.Replicas(2)
		if err != nil {
			t.Fatal(err)
		}
		if got := replicas.Engine(1).Name(); got != "toy" {
			t.Errorf("a replica computes with %s", got)
		}
		if err := errors.Join(replicas.Close(), c.Close()); err != nil {
			t.Error(err)
		}
	}
}

// TestAutoTakesTheBestThatOpens: an engine may decline where nobody asked for it.
func TestAutoTakesTheBestThatOpens(t *testing.T) {
	t.Setenv(pjrt.LibraryVariable, "")
	declines := errors.New("toy: nothing to play with; buy some")
	table := slices.Delete(withToy(declines), 1, 2)
	for name, want := range map[string]string{Auto: portable.Name, "toy": "toy"} {
		c, err := table.Open(name, "f32", 1)
		if err != nil {
			t.Fatal(err)
		}
		if c.Name() != want || name == Auto && c.Reason != declines.Error() {
			t.Errorf("%s opens %s: %s", name, c.Name(), c.Reason)
		}
		c.Close()
	}
	if _, err := table[1:].Open(Auto, Auto, 1); err == nil ||
		!strings.Contains(err.Error(), declines.Error()) {
		t.Errorf("an empty table opens, or says nothing: %v", err)
	}
}

// remote is an engine with memory of its own.
type remote struct{ kernel.Engine }

func (remote) Usage() kernel.Usage { return kernel.Usage{Most: 1} }

func TestMemoryApartIsNotShared(t *testing.T) {
	e := remote{portable.New(1)}
	defer e.Close()
	c := &Choice{Engine: e, threads: 2}
	if _, err := c.Replicas(2); err == nil || !strings.HasPrefix(err.Error(), "replicas: 2 ") {
		t.Errorf("got %v", err)
	}
	if one, err := c.Replicas(1); err != nil || one.Engine(0) != kernel.Engine(e) {
		t.Errorf("got %v, %v", one, err)
	}
}

func TestOneProcessorBesideThoseThatCompute(t *testing.T) {
	for range 2 {
		c, err := Engines().Open("portable", Auto, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	if got, want := runtime.GOMAXPROCS(0), machine.Cores()+1; got != want {
		t.Errorf("%d processors on %d cores", got, want-1)
	}
}
