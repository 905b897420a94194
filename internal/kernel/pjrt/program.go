package pjrt

import (
	"unsafe"

	"cmae/internal/dl"
)

// Program is compiled, and loaded on the device.
type Program struct {
	c                  *Client
	handle, executable uintptr
	results            int
	out                []uintptr // room for handles, used again by every run
}

// source is a PJRT_Program.
type source struct {
	head
	code    *byte
	codeN   uintptr
	format  *byte
	formatN uintptr
}

func stableHLO(text string) *source {
	format := []byte("mlir")
	s := &source{
		code: unsafe.StringData(text), codeN: uintptr(len(text)), format: &format[0],
		formatN: uintptr(len(format)),
	}
	s.size = unsafe.Sizeof(*s)
	return s
}

// Compile compiles StableHLO, as text.
func (c *Client) Compile(stablehlo string, o Options) (*Program, error) {
	options := o.encode()
	a := &struct {
		head
		client     uintptr
		program    *source
		options    *byte
		optionsN   uintptr
		executable uintptr
	}{
		client: c.handle, program: stableHLO(stablehlo), options: unsafe.SliceData(options),
		optionsN: uintptr(len(options)),
	}
	if err := do(c.Plugin, fnClientCompile, a); err != nil {
		return nil, err
	}
	return c.program(a.executable)
}

func (c *Client) program(loaded uintptr) (*Program, error) {
	x := &struct {
		object
		executable uintptr
	}{object: object{handle: loaded}}
	if err := do(c.Plugin, fnLoadedExecutableGetExecutable, x); err != nil {
		return nil, err
	}
	results, err := c.results(x.executable)
	if err != nil {
		return nil, err
	}
	return &Program{
		c: c, handle: loaded, executable: x.executable, results: results,
		out: make([]uintptr, results+1),
	}, nil
}

// results is how many an executable has.
func (p *Plugin) results(executable uintptr) (int, error) {
	a := &struct {
		object
		n uintptr
	}{object: object{handle: executable}}
	err := do(p, fnExecutableNumOutputs, a)
	return int(a.n), err
}

// Serialized is the program as Load takes it. Not every plugin can write one.
func (x *Program) Serialized() ([]byte, error) { return x.c.serialized(x.executable) }

func (p *Plugin) serialized(executable uintptr) ([]byte, error) {
	a := &struct {
		object
		bytes                *byte
		n, written, freeFunc uintptr
	}{object: object{handle: executable}}
	if err := do(p, fnExecutableSerialize, a); err != nil {
		return nil, err
	}
	raw := []byte(textOf(a.bytes, a.n))
	dl.Call(a.freeFunc, a.written)
	return raw, nil
}

// Load makes a program of what Serialized wrote, with the same plugin.
func (c *Client) Load(serialized []byte) (*Program, error) {
	a := &struct {
		head
		client                uintptr
		bytes                 *byte
		n, loaded             uintptr
		overridden, overrideN uintptr
	}{client: c.handle, bytes: unsafe.SliceData(serialized), n: uintptr(len(serialized))}
	if err := do(c.Plugin, fnExecutableDeserializeAndLoad, a); err != nil {
		return nil, err
	}
	return c.program(a.loaded)
}

// Plan is the memory of a compiled program, in bytes.
type Plan struct {
	Arguments, Results int64
	Aliased            int64 // of the results, in the memory of arguments
	Temporary          int64
	Code               int64
}

// Total is what must be there at once.
func (p Plan) Total() int64 { return p.Arguments + p.Fresh() }

// Fresh is what must be there beside the arguments.
func (p Plan) Fresh() int64 { return p.Results - p.Aliased + p.Temporary + p.Code }

// Plan is what the compiler says of the program's memory.
func (x *Program) Plan() (Plan, error) { return x.c.plan(x.executable) }

func (p *Plugin) plan(executable uintptr) (Plan, error) {
	a := &struct {
		object
		code, arguments, results, aliased, temporary       int64
		hostCode, hostArgs, hostOuts, hostAliased, hostTmp int64
		peak, total                                        int64
	}{object: object{handle: executable}}
	err := do(p, fnExecutableGetCompiledMemoryStats, a)
	return Plan{a.arguments, a.results, a.aliased, a.temporary, a.code}, err
}

// executeOptions is a PJRT_ExecuteOptions. Plugins refuse one that is shorter than theirs, and take
// a longer one that ends in zeros.
type executeOptions struct {
	head
	_ [4]uintptr // callbacks
	_ int32      // launch
	_ [2]uintptr // arguments that are not to be donated
	_ [16]uintptr
}

// Run starts the program. Results may still be being computed: whoever reads them waits.
func (x *Program) Run(arguments []*Buffer) ([]*Buffer, error) {
	in := make([]uintptr, len(arguments)+1)
	for i, b := range arguments {
		in[i] = b.handle
	}
	o := &executeOptions{}
	o.size = unsafe.Sizeof(*o)
	first, out := &in[0], &x.out[0]
	a := &struct {
		head
		program    uintptr
		options    *executeOptions
		arguments  **uintptr
		devices    uintptr
		argumentsN uintptr
		results    **uintptr
		events     uintptr
		device     uintptr
	}{
		program: x.handle, options: o, arguments: &first, devices: 1,
		argumentsN: uintptr(len(arguments)), results: &out,
	}
	if err := do(x.c.Plugin, fnLoadedExecutableExecute, a); err != nil {
		return nil, err
	}
	results, all := make([]*Buffer, x.results), make([]Buffer, x.results)
	for i := range results {
		all[i] = Buffer{x.c, x.out[i]}
		results[i] = &all[i]
	}
	return results, nil
}

// Free unloads the program.
func (x *Program) Free() error {
	if err := x.c.destroy(fnExecutableDestroy, x.executable); err != nil {
		return err
	}
	return x.c.destroy(fnLoadedExecutableDestroy, x.handle)
}
