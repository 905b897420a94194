package pjrt

import (
	"runtime"
	"unsafe"
)

// Target is a device that need not be there, which programs are compiled for.
type Target struct {
	p      *Plugin
	handle uintptr
}

// Target is one GPU of the kind that description, a GpuTargetConfigProto as text, says.
func (p *Plugin) Target(description string) (*Target, error) {
	options := []namedValue{
		textValue("target_config", description), textValue("topology", "1x1x1"),
	}
	a := &struct {
		head
		name, nameN uintptr
		options     *namedValue
		optionsN    uintptr
		topology    uintptr
	}{options: &options[0], optionsN: uintptr(len(options))}
	err := do(p, fnTopologyDescriptionCreate, a)
	runtime.KeepAlive(description)
	return &Target{p, a.topology}, err
}

// Compile compiles StableHLO, as text, for a device that is not there. It tells the memory that the
// program would need, and how many results it has.
func (t *Target) Compile(stablehlo string, o Options) (plan Plan, results int, err error) {
	options := o.encode()
	a := &struct {
		head
		topology   uintptr
		program    *source
		options    *byte
		optionsN   uintptr
		client     uintptr
		executable uintptr
	}{
		topology: t.handle, program: stableHLO(stablehlo), options: unsafe.SliceData(options),
		optionsN: uintptr(len(options)),
	}
	if err := do(t.p, fnCompile, a); err != nil {
		return Plan{}, 0, err
	}
	if results, err = t.p.results(a.executable); err != nil {
		return Plan{}, 0, err
	}
	if plan, err = t.p.plan(a.executable); err != nil {
		return Plan{}, 0, err
	}
	return plan, results, t.p.destroy(fnExecutableDestroy, a.executable)
}
