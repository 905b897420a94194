package pjrt

import "unsafe"

// Target is a device that need not be there, which programs are compiled for.
type Target struct {
	p      *Plugin
	handle uintptr
}

// namedValue is a PJRT_NamedValue of a text, its kind 0.
type namedValue struct {
	head
	name   *byte
	nameN  uintptr
	_      int32 // kind
	value  *byte
	valueN uintptr
}

func textValue(name, value string) namedValue {
	v := namedValue{
		name: unsafe.StringData(name), nameN: uintptr(len(name)), value: unsafe.StringData(value),
		valueN: uintptr(len(value)),
	}
	v.size = unsafe.Sizeof(v)
	return v
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
	n := &struct {
		object
		n uintptr
	}{object: object{handle: a.executable}}
	if err := do(t.p, fnExecutableNumOutputs, n); err != nil {
		return Plan{}, 0, err
	}
	plan, err = t.p.plan(a.executable)
	if err != nil {
		return Plan{}, 0, err
	}
	return plan, int(n.n), t.p.destroy(fnExecutableDestroy, a.executable)
}
