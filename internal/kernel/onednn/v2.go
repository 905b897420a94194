package onednn

import (
	"unsafe"

	"cmae/internal/kernel"
)

// v2 speaks oneDNN 2.x, whose descriptors are structs that the caller allocates: 696 bytes for a
// memory descriptor, at most 5976 for the descriptor of an operation used here.
type v2 struct {
	l *library

	byStrides func(
		desc unsafe.Pointer, rank int32, dims *int64, dataType int32, strides *int64,
	) status
	byTag  func(desc unsafe.Pointer, rank int32, dims *int64, dataType, tag int32) status
	create func(out *handle, operation unsafe.Pointer, attr, engine, hint handle) status

	matmul  func(op, src, weights, bias, dst unsafe.Pointer) status
	eltwise func(
		op unsafe.Pointer, prop, alg int32, data unsafe.Pointer, alpha, beta float32,
	) status
	eltwiseGrad func(
		op unsafe.Pointer, alg int32, diff, data unsafe.Pointer, alpha, beta float32,
	) status
	softmax func(
		op unsafe.Pointer, prop, alg int32, src, dst unsafe.Pointer, axis int32,
	) status
	softmaxGrad func(
		op unsafe.Pointer, alg int32, diffSrc, diffDst, dst unsafe.Pointer, axis int32,
	) status

	conv func(
		op unsafe.Pointer, prop, alg int32, src, weights, bias, dst unsafe.Pointer, stride, padL,
		padR *[2]int64,
	) status
	convGradInput func(
		op unsafe.Pointer, alg int32, src, weights, dst unsafe.Pointer, stride, padL,
		padR *[2]int64,
	) status
	convGradWeight func(
		op unsafe.Pointer, alg int32, src, weights, bias, dst unsafe.Pointer, stride, padL,
		padR *[2]int64,
	) status
	pool func(
		op unsafe.Pointer, prop, alg int32, src, dst unsafe.Pointer, stride, side, padL,
		padR *[2]int64,
	) status
	poolGrad func(
		op unsafe.Pointer, alg int32, src, dst unsafe.Pointer, stride, side, padL, padR *[2]int64,
	) status

	appendEltwise func(posts handle, scale float32, alg int32, alpha, beta float32) status
	appendSum     func(posts handle, scale float32, dataType int32) status
}

type (
	memoryDescV2    [696 / 8]uint64
	operationDescV2 [6144 / 8]uint64
)

func newV2(l *library) (*v2, error) {
	d := &v2{l: l}
	for _, f := range []struct {
		fn   any
		name string
	}{
		{&d.byStrides, "dnnl_memory_desc_init_by_strides"},
		{&d.create, "dnnl_primitive_desc_create"},
		{&d.matmul, "dnnl_matmul_desc_init"},
		{&d.eltwise, "dnnl_eltwise_forward_desc_init"},
		{&d.eltwiseGrad, "dnnl_eltwise_backward_desc_init"},
		{&d.softmax, "dnnl_softmax_v2_forward_desc_init"},
		{&d.softmaxGrad, "dnnl_softmax_v2_backward_desc_init"},
		{&d.byTag, "dnnl_memory_desc_init_by_tag"},
		{&d.conv, "dnnl_convolution_forward_desc_init"},
		{&d.convGradInput, "dnnl_convolution_backward_data_desc_init"},
		{&d.convGradWeight, "dnnl_convolution_backward_weights_desc_init"},
		{&d.pool, "dnnl_pooling_forward_desc_init"},
		{&d.poolGrad, "dnnl_pooling_backward_desc_init"},
		{&d.appendEltwise, "dnnl_post_ops_append_eltwise"},
		{&d.appendSum, "dnnl_post_ops_append_sum_v2"},
	} {
		if err := l.file.Bind(f.fn, f.name); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (d *v2) describe(o operand) (unsafe.Pointer, status) {
	desc := unsafe.Pointer(new(memoryDescV2))
	return desc, d.byStrides(desc, int32(o.rank), &o.dims[0], dataType(o.t), &o.strides[0])
}

func (d *v2) describeAny(o operand) (unsafe.Pointer, status) {
	desc := unsafe.Pointer(new(memoryDescV2))
	return desc, d.byTag(desc, int32(o.rank), &o.dims[0], dataType(o.t), anyLayout)
}

func (d *v2) forget(unsafe.Pointer) {}

func (d *v2) plan(s *spec, desc []unsafe.Pointer, engine, hint, attr handle) (handle, status) {
	var out handle
	if s.kind == reorder {
		st := d.l.reorderDesc(&out, desc[0], engine, desc[1], engine, attr)
		return out, st
	}
	op := unsafe.Pointer(new(operationDescV2))
	if st := d.operation(op, s, desc); st != success {
		return 0, st
	}
	st := d.create(&out, op, attr, engine, hint)
	return out, st
}

// operation fills the descriptor of what s computes.
func (d *v2) operation(op unsafe.Pointer, s *spec, desc []unsafe.Pointer) status {
	last := int32(s.operands[0].rank - 1)
	if s.kind == eltwise && s.operands[0].t != s.operands[1].t {
		return unimplemented // here one descriptor stands for both
	}
	switch s.kind {
	case matmul:
		return d.matmul(op, desc[0], desc[1], desc[3], desc[2])
	case eltwise:
		return d.eltwise(op, forwardTraining, d.alg(s.alg), desc[0], 0, 0)
	case eltwiseGrad:
		return d.eltwiseGrad(op, d.alg(s.alg), desc[1], desc[0], 0, 0)
	case softmax:
		return d.softmax(op, forwardTraining, softmaxAccurate, desc[0], desc[1], last)
	case softmaxGrad:
		return d.softmaxGrad(op, softmaxAccurate, desc[2], desc[1], desc[0], last)
	}
	return d.window(op, s, desc)
}

// window is operation for what moves over images.
func (d *v2) window(op unsafe.Pointer, s *spec, desc []unsafe.Pointer) status {
	g := geometryOf(s.window)
	switch s.kind {
	case conv:
		return d.conv(
			op, forwardTraining, convAlg(s.alg), desc[0], desc[1], desc[3], desc[2], &g.stride,
			&g.pad, &g.pad,
		)
	case convGradInput:
		return d.convGradInput(
			op, convAlg(s.alg), desc[2], desc[1], desc[0], &g.stride, &g.pad, &g.pad,
		)
	case convGradWeight:
		return d.convGradWeight(
			op, convAlg(s.alg), desc[0], desc[2], desc[3], desc[1], &g.stride, &g.pad, &g.pad,
		)
	case maxPool:
		return d.pool(
			op, poolProp(s), poolMax, desc[0], desc[1], &g.stride, &g.side, &g.pad, &g.pad,
		)
	case maxPoolGrad:
		return d.poolGrad(op, poolMax, desc[2], desc[0], &g.stride, &g.side, &g.pad, &g.pad)
	}
	return unimplemented
}

// Numbers of dnnl_alg_kind_t that the versions disagree on.
const (
	geluErfV2 = 0x30
	linearV2  = 0x7f // alpha x + beta
)

// alg is the library's number of gelu or scaled.
func (d *v2) alg(a algorithm) int32 {
	if a == gelu {
		return geluErfV2
	}
	return linearV2
}

func (d *v2) postEltwise(posts handle, alg algorithm, alpha float32) status {
	return d.appendEltwise(posts, 1, d.alg(alg), alpha, 0)
}

func (d *v2) postSum(posts handle, t kernel.DType) status {
	return d.appendSum(posts, 1, dataType(t))
}

func (d *v2) firstPost() int32 { return 1 << 14 }
