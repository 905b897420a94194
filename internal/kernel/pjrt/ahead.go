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
	kind   int32
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

// Compiled is a program for a Target.
type Compiled struct {
	Plan      Plan
	Optimized []byte // a HloModuleProto: what is left when the compiler is done
	Results   int
}

// Compile compiles StableHLO, as text, for a device that is not there.
func (t *Target) Compile(stablehlo string, o Options) (*Compiled, error) {
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
		return nil, err
	}
	c, err := t.p.compiled(a.executable)
	if err != nil {
		return nil, err
	}
	return c, t.p.destroy(fnExecutableDestroy, a.executable)
}

func (p *Plugin) compiled(executable uintptr) (*Compiled, error) {
	plan, err := p.plan(executable)
	if err != nil {
		return nil, err
	}
	n := &struct {
		object
		n uintptr
	}{object: object{handle: executable}}
	if err := do(p, fnExecutableNumOutputs, n); err != nil {
		return nil, err
	}
	optimized, err := p.optimized(executable)
	return &Compiled{plan, optimized, int(n.n)}, err
}

// optimized asks first for the length of the text, then for the text.
func (p *Plugin) optimized(executable uintptr) ([]byte, error) {
	out := &source{}
	out.size = unsafe.Sizeof(*out)
	a := &struct {
		object
		program *source
	}{object: object{handle: executable}, program: out}
	if err := do(p, fnExecutableOptimizedProgram, a); err != nil {
		return nil, err
	}
	text := make([]byte, out.codeN)
	out.code = unsafe.SliceData(text)
	return text, do(p, fnExecutableOptimizedProgram, a)
}
