package xla

import (
	"fmt"
	"math"
	"os"
	"time"

	"cmae/internal/kernel"
	"cmae/internal/kernel/pjrt"
	host "cmae/internal/machine"
)

// device is where programs run.
type device interface {
	// Upload copies data there.
	Upload(data []byte, t pjrt.Type, shape []int64) (*pjrt.Buffer, error)
	// compile makes a program of StableHLO, and says what memory it needs.
	compile(text string) (executable, pjrt.Plan, error)
	Close() error
}

// executable is a compiled program.
type executable interface {
	Run(arguments []*pjrt.Buffer) ([]*pjrt.Buffer, error)
	Free() error
}

// present is a device that a plugin sees.
type present struct {
	*pjrt.Client
	flags pjrt.Options
	cache cache
}

// compile refuses a program that needs more memory than the device has.
func (d *present) compile(text string) (executable, pjrt.Plan, error) {
	p := d.cache.load(d.Client, text)
	if p == nil {
		start := time.Now()
		var err error
		if p, err = d.Compile(text, d.flags); err != nil {
			return nil, pjrt.Plan{}, err
		}
		d.cache.keep(p, text, time.Since(start))
	}
	plan, err := p.Plan()
	if err != nil {
		return p, pjrt.Plan{}, nil // not every plugin says
	}
	need, held, most := float64(plan.Fresh()), d.held(plan), d.most()
	if need+held > most {
		return nil, plan, &pjrt.Error{Code: pjrt.Exhausted, Text: fmt.Sprintf(
			"a program needs %.4g GB beside %.4g GB already held, and the device has %.4g GB",
			need/1e9, held/1e9, most/1e9,
		)}
	}
	return p, plan, nil
}

// held is what the device holds whatever happens when a program runs: of a CPU the memory of this
// process, else the program's arguments, since what earlier programs hold may be about to be freed.
func (d *present) held(p pjrt.Plan) float64 {
	if d.GPU() {
		return float64(p.Arguments)
	}
	return float64(host.Anonymous())
}

// most is the most that there can be, infinite where nobody knows. A CPU's plugin doesn't say it,
// and may end the process when there is no more.
func (d *present) most() float64 {
	if !d.GPU() {
		return host.MostMemory()
	}
	if limit := d.Memory().Limit; limit > 0 {
		return float64(limit)
	}
	return math.Inf(1)
}

// TargetVariable names the environment variable that points at the description of a GPU that is not
// there, a GpuTargetConfigProto as text. Programs are then compiled for it and not run: what they
// would compute reads as zeros.
const TargetVariable = "CMAE_XLA_TARGET"

// absent is such a device.
type absent struct {
	*pjrt.Target
	flags pjrt.Options
}

func newAbsent(f pjrt.Found, p *pjrt.Plugin, path string) (*absent, error) {
	description, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("xla: %w; name a GPU's description in %s", err, TargetVariable)
	}
	target, err := p.Target(string(description))
	if err != nil {
		return nil, f.Broken(err)
	}
	flags := f.Flags()
	// algorithms cannot be timed, and without times there are none of Triton for products
	flags["xla_gpu_autotune_level"], flags["xla_gpu_enable_triton_gemm"] = "0", "false"
	return &absent{Target: target, flags: flags}, nil
}

func (d *absent) Upload([]byte, pjrt.Type, []int64) (*pjrt.Buffer, error) {
	return &pjrt.Buffer{}, nil
}

func (d *absent) compile(text string) (executable, pjrt.Plan, error) {
	plan, results, err := d.Compile(text, d.flags)
	return unrun(results), plan, err
}

func (d *absent) Close() error { return nil }

// unrun is a program for a device that is not there, by the number of its results.
type unrun int

func (n unrun) Run([]*pjrt.Buffer) ([]*pjrt.Buffer, error) {
	results := make([]*pjrt.Buffer, n)
	for i := range results {
		results[i] = &pjrt.Buffer{}
	}
	return results, nil
}

func (unrun) Free() error { return nil }

var bufferTypes = [...]pjrt.Type{
	kernel.F32: pjrt.F32, kernel.F64: pjrt.F64, kernel.BF16: pjrt.BF16, kernel.I32: pjrt.S32,
}
