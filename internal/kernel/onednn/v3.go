package onednn

import (
	"unsafe"

	"cmae/internal/kernel"
)

// v3 speaks oneDNN 3.x, whose descriptors are objects of the library.
type v3 struct {
	l *library

	withStrides func(
		out *unsafe.Pointer, rank int32, dims *int64, dataType int32, strides *int64,
	) status
	withTag func(out *unsafe.Pointer, rank int32, dims *int64, dataType, tag int32) status
	destroy func(desc unsafe.Pointer) status

	matmul func(
		out *handle, engine handle, src, weights, bias, dst unsafe.Pointer, attr handle,
	) status
	eltwise func(
		out *handle, engine handle, prop, alg int32, src, dst unsafe.Pointer, alpha, beta float32,
		attr handle,
	) status
	eltwiseGrad func(
		out *handle, engine handle, alg int32, diffSrc, diffDst, data unsafe.Pointer, alpha,
		beta float32, hint, attr handle,
	) status
	softmax func(
		out *handle, engine handle, prop, alg int32, src, dst unsafe.Pointer, axis int32,
		attr handle,
	) status
	softmaxGrad func(
		out *handle, engine handle, alg int32, diffSrc, diffDst, dst unsafe.Pointer, axis int32,
		hint, attr handle,
	) status

	conv func(out *handle, engine handle, prop, alg int32, src, weights, bias, dst unsafe.Pointer,
		stride, dilation, padL, padR *[2]int64, attr handle) status
	convGradInput func(out *handle, engine handle, alg int32, src, weights, dst unsafe.Pointer,
		stride, dilation, padL, padR *[2]int64, hint, attr handle) status
	convGradWeight func(
		out *handle, engine handle, alg int32, src, weights, bias, dst unsafe.Pointer, stride,
		dilation, padL, padR *[2]int64, hint, attr handle,
	) status
	pool func(out *handle, engine handle, prop, alg int32, src, dst unsafe.Pointer,
		stride, side, dilation, padL, padR *[2]int64, attr handle) status
	poolGrad func(out *handle, engine handle, alg int32, src, dst unsafe.Pointer,
		stride, side, dilation, padL, padR *[2]int64, hint, attr handle) status

	appendEltwise func(posts handle, alg int32, alpha, beta float32) status
	appendSum     func(posts handle, scale float32, zeroPoint, dataType int32) status
}

func newV3(l *library) (*v3, error) {
	d := &v3{l: l}
	for _, f := range []struct {
		fn   any
		name string
	}{
		{&d.withStrides, "dnnl_memory_desc_create_with_strides"},
		{&d.destroy, "dnnl_memory_desc_destroy"},
		{&d.withTag, "dnnl_memory_desc_create_with_tag"},
		{&d.conv, "dnnl_convolution_forward_primitive_desc_create"},
		{&d.convGradInput, "dnnl_convolution_backward_data_primitive_desc_create"},
		{&d.convGradWeight, "dnnl_convolution_backward_weights_primitive_desc_create"},
		{&d.pool, "dnnl_pooling_forward_primitive_desc_create"},
		{&d.poolGrad, "dnnl_pooling_backward_primitive_desc_create"},
		{&d.matmul, "dnnl_matmul_primitive_desc_create"},
		{&d.eltwise, "dnnl_eltwise_forward_primitive_desc_create"},
		{&d.eltwiseGrad, "dnnl_eltwise_backward_primitive_desc_create"},
		{&d.softmax, "dnnl_softmax_forward_primitive_desc_create"},
		{&d.softmaxGrad, "dnnl_softmax_backward_primitive_desc_create"},
		{&d.appendEltwise, "dnnl_post_ops_append_eltwise"},
		{&d.appendSum, "dnnl_post_ops_append_sum"},
	} {
		if err := l.file.Bind(f.fn, f.name); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (d *v3) describe(o operand) (unsafe.Pointer, status) {
	var desc unsafe.Pointer
	st := d.withStrides(&desc, int32(o.rank), &o.dims[0], dataType(o.t), &o.strides[0])
	return desc, st
}

func (d *v3) describeAny(o operand) (unsafe.Pointer, status) {
	var desc unsafe.Pointer
	st := d.withTag(&desc, int32(o.rank), &o.dims[0], dataType(o.t), anyLayout)
	return desc, st
}

func (d *v3) forget(desc unsafe.Pointer) { d.destroy(desc) }

func (d *v3) plan(
	s *spec, desc []unsafe.Pointer, engine, hint, attr handle,
) (out handle, st status) {
	last := int32(s.operands[0].rank - 1)
	switch s.kind {
	case matmul:
		st = d.matmul(&out, engine, desc[0], desc[1], desc[3], desc[2], attr)
	case eltwise:
		st = d.eltwise(
			&out, engine, forwardTraining, d.alg(s.alg), desc[0], desc[1], 0, 0, attr,
		)
	case eltwiseGrad:
		st = d.eltwiseGrad(
			&out, engine, d.alg(s.alg), desc[2], desc[1], desc[0], 0, 0, hint, attr,
		)
	case softmax:
		st = d.softmax(&out, engine, forwardTraining, softmaxAccurate, desc[0], desc[1], last, attr)
	case softmaxGrad:
		st = d.softmaxGrad(
			&out, engine, softmaxAccurate, desc[2], desc[1], desc[0], last, hint, attr,
		)
	case reorder:
		st = d.l.reorderDesc(&out, desc[0], engine, desc[1], engine, attr)
	default:
		return d.planWindow(s, desc, engine, hint, attr)
	}
	return out, st
}

// planWindow is plan for what moves over images.
func (d *v3) planWindow(
	s *spec, desc []unsafe.Pointer, engine, hint, attr handle,
) (out handle, st status) {
	g := geometryOf(s.window)
	switch s.kind {
	case conv:
		st = d.conv(
			&out, engine, forwardTraining, convAlg(s.alg), desc[0], desc[1], desc[3], desc[2],
			&g.stride, &g.dilation, &g.pad, &g.pad, attr,
		)
	case convGradInput:
		st = d.convGradInput(
			&out, engine, convAlg(s.alg), desc[2], desc[1], desc[0], &g.stride, &g.dilation, &g.pad,
			&g.pad, hint, attr,
		)
	case convGradWeight:
		st = d.convGradWeight(&out, engine, convAlg(s.alg), desc[0], desc[2], desc[3], desc[1],
			&g.stride, &g.dilation, &g.pad, &g.pad, hint, attr)
	case maxPool:
		st = d.pool(
			&out, engine, poolProp(s), poolMax, desc[0], desc[1], &g.stride, &g.side, &g.dilation,
			&g.pad, &g.pad, attr,
		)
	case maxPoolGrad:
		st = d.poolGrad(
			&out, engine, poolMax, desc[2], desc[0], &g.stride, &g.side, &g.dilation, &g.pad,
			&g.pad, hint, attr,
		)
	default:
		st = unimplemented
	}
	return out, st
}

// Numbers of dnnl_alg_kind_t that the versions disagree on.
const (
	geluErfV3 = 0x31
	linearV3  = 0x26 // alpha x + beta
)

// alg is the library's number of gelu or scaled.
func (d *v3) alg(a algorithm) int32 {
	if a == gelu {
		return geluErfV3
	}
	return linearV3
}

func (d *v3) postEltwise(posts handle, alg algorithm, alpha float32) status {
	return d.appendEltwise(posts, d.alg(alg), alpha, 0)
}

func (d *v3) postSum(posts handle, t kernel.DType) status {
	return d.appendSum(posts, 1, 0, dataType(t))
}

func (d *v3) firstPost() int32 { return 1 << 15 }
