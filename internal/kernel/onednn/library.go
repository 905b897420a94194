package onednn

import (
	"fmt"
	"unsafe"

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

	file    uintptr
	version func() *versionInfo

	engineCreate  func(out *handle, kind int32, index uintptr) status
	engineDestroy func(handle) status
	streamCreate  func(out *handle, engine handle, flags uint32) status
	streamDestroy func(handle) status

	memoryCreate  func(out *handle, desc unsafe.Pointer, engine handle, data uintptr) status
	memoryDestroy func(handle) status

	attrCreate     func(out *handle) status
	attrDestroy    func(handle) status
	attrSetPostOps func(attr, posts handle) status
	postsCreate    func(out *handle) status
	postsDestroy   func(handle) status
	postsBinary    func(posts handle, alg int32, desc unsafe.Pointer) status

	reorderDesc      func(out *handle, src unsafe.Pointer, srcEngine handle, dst unsafe.Pointer, dstEngine, attr handle) status
	primitiveCreate  func(out *handle, desc handle) status
	primitiveDestroy func(handle) status
	descDestroy      func(handle) status

	setThreads func(int32) // of OpenMP; nil where the library uses none

	// By address, for call: they run in every step.
	execute, setData uintptr
}

// loadLibrary opens path and binds it. The file stays open for good: OpenMP's threads outlive any Engine.
func loadLibrary(path string) (*library, error) {
	file, err := openLibrary(path)
	if err != nil {
		return nil, err
	}
	l := &library{file: file}
	if err := bind(&l.version, file, "dnnl_version"); err != nil {
		return nil, err
	}
	if err := l.usable(); err != nil {
		return nil, err
	}
	for _, f := range []struct {
		fn   any
		name string
	}{
		{&l.engineCreate, "dnnl_engine_create"}, {&l.engineDestroy, "dnnl_engine_destroy"},
		{&l.streamCreate, "dnnl_stream_create"}, {&l.streamDestroy, "dnnl_stream_destroy"},
		{&l.memoryCreate, "dnnl_memory_create"}, {&l.memoryDestroy, "dnnl_memory_destroy"},
		{&l.attrCreate, "dnnl_primitive_attr_create"}, {&l.attrDestroy, "dnnl_primitive_attr_destroy"},
		{&l.attrSetPostOps, "dnnl_primitive_attr_set_post_ops"},
		{&l.postsCreate, "dnnl_post_ops_create"}, {&l.postsDestroy, "dnnl_post_ops_destroy"},
		{&l.postsBinary, "dnnl_post_ops_append_binary"},
		{&l.reorderDesc, "dnnl_reorder_primitive_desc_create"},
		{&l.primitiveCreate, "dnnl_primitive_create"}, {&l.primitiveDestroy, "dnnl_primitive_destroy"},
		{&l.descDestroy, "dnnl_primitive_desc_destroy"},
	} {
		if err := bind(f.fn, file, f.name); err != nil {
			return nil, err
		}
	}
	if l.execute, err = address(file, "dnnl_primitive_execute"); err != nil {
		return nil, err
	}
	if l.setData, err = address(file, "dnnl_memory_set_data_handle"); err != nil {
		return nil, err
	}
	if bind(&l.setThreads, file, "omp_set_num_threads") != nil {
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

// usable reports whether this package can drive the library.
func (l *library) usable() error {
	v := l.version()
	switch {
	case v.major != 2 && v.major != 3:
		return fmt.Errorf("version %s has an unknown interface, 2.x or 3.x is needed", l.versionString())
	case v.cpuRuntime == runtimeSYCL:
		return fmt.Errorf("version %s is built for SYCL, an OpenMP build is needed", l.versionString())
	}
	return nil
}

func (l *library) versionString() string {
	v := l.version()
	return fmt.Sprintf("%d.%d.%d", v.major, v.minor, v.patch)
}

// dialect is what differs between the C interfaces of oneDNN 2 and 3; dnnl_version picks it.
type dialect interface {
	// describe makes a memory descriptor; forget releases it.
	describe(o operand) (unsafe.Pointer, status)
	forget(desc unsafe.Pointer)
	// plan makes a primitive descriptor. desc holds a memory descriptor per operand of s, nil for absent ones.
	plan(s *spec, desc []unsafe.Pointer, engine, attr handle) (handle, status)
	// postEltwise and postSum append post-ops; firstPost is the argument number of the first one's operand.
	postEltwise(posts handle, alg algorithm, alpha float32) status
	postSum(posts handle, t kernel.DType) status
	firstPost() int32
}

// The numbers of dnnl_data_type_t and of dnnl_alg_kind_t, where the versions agree.
const (
	dataBF16, dataF32 = 2, 3
	binaryAdd         = 0x1fff0
	softmaxAccurate   = 0x30000
	forwardTraining   = 64
	backward          = 128
)

func dataType(t kernel.DType) int32 {
	if t == kernel.BF16 {
		return dataBF16
	}
	return dataF32
}
