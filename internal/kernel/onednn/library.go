package onednn

import (
	"fmt"
	"unsafe"

	"cmae/internal/dl"
	"cmae/internal/kernel"
)

// handle is an object of the library.
type handle = uintptr

// versionInfo mirrors dnnl_version_t up to what is read of it.
type versionInfo struct {
	major, minor, patch int32
	_                   *byte // hash of the sources
	cpuRuntime          uint32
}

// runtimeSYCL marks builds whose CPU wants queues and memory of its own.
const runtimeSYCL = 512

// library holds the functions that oneDNN 2 and 3 share, and the dialect for the rest.
type library struct {
	dialect

	file    dl.Library
	version func() *versionInfo

	engineCreate  func(out *handle, kind int32, index uintptr) status
	engineDestroy func(handle) status
	streamCreate  func(out *handle, engine handle, flags uint32) status
	streamDestroy func(handle) status

	memoryCreate  func(out *handle, desc unsafe.Pointer, engine handle, data uintptr) status
	memoryDestroy func(handle) status
	memorySize    func(desc unsafe.Pointer) uintptr
	memoryEqual   func(a, b unsafe.Pointer) int32

	attrCreate        func(out *handle) status
	attrDestroy       func(handle) status
	attrSetPostOps    func(attr, posts handle) status
	attrSetScratchpad func(attr handle, mode int32) status
	postsCreate       func(out *handle) status
	postsDestroy      func(handle) status
	postsBinary       func(posts handle, alg int32, desc unsafe.Pointer) status

	reorderDesc func(
		out *handle, src unsafe.Pointer, srcEngine handle, dst unsafe.Pointer, dstEngine,
		attr handle,
	) status
	primitiveCreate  func(out *handle, desc handle) status
	primitiveDestroy func(handle) status
	descDestroy      func(handle) status
	descMemory       func(desc handle, what, index int32) unsafe.Pointer

	setThreads func(int32) // of OpenMP; nil where the library uses none

	// By address, for call: they run in every step.
	execute, setData uintptr
}

// loadLibrary opens path and binds it. The file stays open for good: OpenMP's threads outlive any
// Engine.
func loadLibrary(path string) (*library, error) {
	file, err := dl.Open(path, true)
	if err != nil {
		return nil, err
	}
	l := &library{file: file}
	if err := file.Bind(&l.version, "dnnl_version"); err != nil {
		return nil, err
	}
	if err := l.usable(); err != nil {
		return nil, err
	}
	for _, f := range []struct {
		fn   any
		name string
	}{
		{&l.engineCreate, "dnnl_engine_create"},
		{&l.engineDestroy, "dnnl_engine_destroy"},
		{&l.streamCreate, "dnnl_stream_create"},
		{&l.streamDestroy, "dnnl_stream_destroy"},
		{&l.memoryCreate, "dnnl_memory_create"},
		{&l.memoryDestroy, "dnnl_memory_destroy"},
		{&l.memorySize, "dnnl_memory_desc_get_size"},
		{&l.memoryEqual, "dnnl_memory_desc_equal"},
		{&l.attrCreate, "dnnl_primitive_attr_create"},
		{&l.attrDestroy, "dnnl_primitive_attr_destroy"},
		{&l.attrSetPostOps, "dnnl_primitive_attr_set_post_ops"},
		{&l.attrSetScratchpad, "dnnl_primitive_attr_set_scratchpad_mode"},
		{&l.postsCreate, "dnnl_post_ops_create"},
		{&l.postsDestroy, "dnnl_post_ops_destroy"},
		{&l.postsBinary, "dnnl_post_ops_append_binary"},
		{&l.reorderDesc, "dnnl_reorder_primitive_desc_create"},
		{&l.primitiveCreate, "dnnl_primitive_create"},
		{&l.primitiveDestroy, "dnnl_primitive_destroy"},
		{&l.descDestroy, "dnnl_primitive_desc_destroy"},
		{&l.descMemory, "dnnl_primitive_desc_query_md"},
	} {
		if err := file.Bind(f.fn, f.name); err != nil {
			return nil, err
		}
	}
	if l.execute, err = file.Symbol("dnnl_primitive_execute"); err != nil {
		return nil, err
	}
	if l.setData, err = file.Symbol("dnnl_memory_set_data_handle"); err != nil {
		return nil, err
	}
	if file.Bind(&l.setThreads, "omp_set_num_threads") != nil {
		l.setThreads = nil
	}
	if v := l.version(); v.major == 2 {
		l.dialect, err = newV2(l)
	} else {
		l.dialect, err = newV3(l)
	}
	if err != nil {
		return nil, fmt.Errorf("version %s: %w", l.versionString(), err)
	}
	return l, nil
}

// call runs a function of up to four integers and pointers. args must live in the heap for good,
// which keeps them from being copied there; what they point at must stay reachable in Go while the
// function runs.
func call(fn uintptr, args *[4]uintptr) status {
	r, _ := dl.Call(fn, args[:]...)
	return status(int32(r))
}

// usable reports whether this package can drive the library.
func (l *library) usable() error {
	v := l.version()
	switch {
	case v.major != 2 && v.major != 3:
		return fmt.Errorf(
			"version %s has an unknown interface, 2.x or 3.x is needed", l.versionString(),
		)
	case v.cpuRuntime == runtimeSYCL:
		return fmt.Errorf(
			"version %s is built for SYCL, an OpenMP build is needed", l.versionString(),
		)
	}
	return nil
}

func (l *library) versionString() string {
	v := l.version()
	return fmt.Sprintf("%d.%d.%d", v.major, v.minor, v.patch)
}

// dialect is what differs between the C interfaces of oneDNN 2 and 3; dnnl_version picks it.
type dialect interface {
	// describe makes a memory descriptor, describeAny one that leaves the layout to the primitive;
	// forget releases both.
	describe(o operand) (unsafe.Pointer, status)
	describeAny(o operand) (unsafe.Pointer, status)
	forget(desc unsafe.Pointer)
	// plan makes a primitive descriptor. desc holds a memory descriptor per operand of s, nil for
	// absent ones; hint is the primitive descriptor of the operation whose gradient s is, if it is
	// one.
	plan(s *spec, desc []unsafe.Pointer, engine, hint, attr handle) (handle, status)
	// postEltwise and postSum append post-ops; firstPost is the argument number of the first one's
	// operand.
	postEltwise(posts handle, alg algorithm, alpha float32) status
	postSum(posts handle, t kernel.DType) status
	firstPost() int32
}

// The numbers of dnnl_data_type_t and of dnnl_alg_kind_t, where the versions agree.
const (
	dataBF16, dataF32 = 2, 3
	convDirect        = 1
	convWinograd      = 2
	poolMax           = 0x1ff
	binaryAdd         = 0x1fff0
	softmaxAccurate   = 0x30000
	forwardTraining   = 64
	forwardInference  = 96
	anyLayout         = 1 // of dnnl_format_tag_t
)

// Of dnnl_query_t: which descriptor of a primitive belongs to an argument.
var queries = map[int32]int32{
	argSrc: 129, argDiffSrc: 130, argWeights: 131, argDiffWeights: 132, argDst: 133,
	argDiffDst: 134, argWorkspace: 135, argScratchpad: 136,
}

// convAlg is the number of a convolution's algorithm.
func convAlg(a algorithm) int32 {
	if a == winograd {
		return convWinograd
	}
	return convDirect
}

// poolProp is forward propagation with what a gradient needs, or without.
func poolProp(s *spec) int32 {
	if s.operands[2].rank == 0 {
		return forwardInference
	}
	return forwardTraining
}

// geometry is a window as the library wants it: height and width apart.
type geometry struct{ side, stride, pad, dilation [2]int64 }

func geometryOf(w kernel.Window) *geometry {
	both := func(n int) [2]int64 { return [2]int64{int64(n), int64(n)} }
	return &geometry{side: both(w.Side), stride: both(w.Stride), pad: both(w.Pad)}
}

func dataType(t kernel.DType) int32 {
	if t == kernel.BF16 {
		return dataBF16
	}
	return dataF32
}
