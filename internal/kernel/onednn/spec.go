package onednn

import (
	"fmt"
	"strings"

	"cmae/internal/kernel"
)

// kind is a family of primitives.
type kind uint8

const (
	matmul kind = iota
	eltwise
	eltwiseGrad
	softmax
	softmaxGrad
	reorder
	conv
	convGradInput
	convGradWeight
	maxPool
	maxPoolGrad
)

func (k kind) String() string {
	return [...]string{
		"matmul", "eltwise", "eltwise backward", "softmax", "softmax backward", "reorder",
		"convolution", "convolution backward data", "convolution backward weights",
		"max pooling", "max pooling backward",
	}[k]
}

// The numbers by which oneDNN tells the arguments of an execution apart.
const (
	argSrc         = 1
	argSrc1        = 2
	argDst         = 17
	argWeights     = 33
	argBias        = 41
	argWorkspace   = 64
	argScratchpad  = 80
	argDiffSrc     = 129
	argDiffDst     = 145
	argDiffWeights = 161
	argDiffBias    = 169
)

// arguments gives the order in which a spec lists the operands of its kind. Those at the end may be
// absent.
var arguments = [...][]int32{
	matmul:         {argSrc, argWeights, argDst, argBias},
	eltwise:        {argSrc, argDst},
	eltwiseGrad:    {argSrc, argDiffDst, argDiffSrc},
	softmax:        {argSrc, argDst},
	softmaxGrad:    {argDst, argDiffDst, argDiffSrc},
	reorder:        {argSrc, argDst},
	conv:           {argSrc, argWeights, argDst, argBias},
	convGradInput:  {argDiffDst, argWeights, argDiffSrc},
	convGradWeight: {argSrc, argDiffDst, argDiffWeights, argDiffBias},
	maxPool:        {argSrc, argDst, argWorkspace},
	maxPoolGrad:    {argDiffDst, argWorkspace, argDiffSrc},
}

// algorithm is what an eltwise primitive or a post-op computes, or how a convolution does; the
// dialects translate it.
type algorithm uint8

const (
	gelu     algorithm = iota + 1 // the erf form
	scaled                        // alpha x
	add                           // x + operand
	sum                           // x + what the result held before
	direct                        // a convolution by its definition
	winograd                      // one on transformed tiles, with fewer multiplications
)

// operand is the type and layout of one argument. The zero operand is an absent one.
type operand struct {
	t             kernel.DType
	rank          int
	dims, strides [5]int64 // strides count elements
	// the primitive may have another layout inside: what the caller passes is then converted
	free bool
}

// dense is a row-major operand.
func dense(t kernel.DType, dims ...int) operand {
	o := operand{t: t, rank: len(dims)}
	stride := int64(1)
	for i := len(dims) - 1; i >= 0; i-- {
		o.dims[i], o.strides[i] = int64(dims[i]), stride
		stride *= int64(dims[i])
	}
	return o
}

// part is the operand from lo to hi along dimension i.
func (o operand) part(i, lo, hi int) operand {
	o.dims[i] = int64(hi - lo)
	return o
}

// transposed exchanges the last two dimensions.
func (o operand) transposed() operand {
	i, j := o.rank-2, o.rank-1
	o.dims[i], o.dims[j] = o.dims[j], o.dims[i]
	o.strides[i], o.strides[j] = o.strides[j], o.strides[i]
	return o
}

// bytes is the size of the elements, without gaps.
func (o operand) bytes() int {
	n := int64(o.t.Size())
	for _, d := range o.dims[:o.rank] {
		n *= d
	}
	return int(n)
}

func (o operand) String() string {
	if o.rank == 0 {
		return "-"
	}
	return fmt.Sprintf("%s%v/%v", o.t, o.dims[:o.rank], o.strides[:o.rank])
}

// post is an operation on each result before it is stored.
type post struct {
	alg   algorithm
	alpha float32 // of scaled
	other operand // of add
}

// maxOperands is the length of the longest list in arguments.
const maxOperands = 4

// spec says everything about a primitive: equal specs share one.
type spec struct {
	kind     kind
	alg      algorithm
	operands [maxOperands]operand
	posts    [2]post
	window   kernel.Window // of convolutions and pools
}

// forward is the operation whose gradient s is: the library wants to see it first.
func (s *spec) forward() (f spec, ok bool) {
	o := s.operands
	f = spec{alg: s.alg, window: s.window}
	switch s.kind {
	case eltwiseGrad:
		f.kind, f.operands = eltwise, [maxOperands]operand{o[0], o[0]}
	case softmaxGrad:
		f.kind, f.operands = softmax, [maxOperands]operand{o[0], o[0]}
	case convGradInput:
		o[2].t = o[0].t // both factors have one type
		f.kind, f.operands = conv, [maxOperands]operand{o[2], o[1], o[0]}
	case convGradWeight:
		o[2].t = o[0].t
		f.kind, f.operands = conv, [maxOperands]operand{o[0], o[2], o[1], o[3]}
	case maxPoolGrad:
		f.kind, f.operands = maxPool, [maxOperands]operand{o[2], o[0], o[1]}
	default:
		return f, false
	}
	return f, true
}

// freeAll lets the primitive choose the layouts of its first three operands.
func (s *spec) freeAll() {
	for i := range 3 {
		s.operands[i].free = true
	}
}

func (s spec) String() string {
	parts := []string{s.kind.String()}
	if s.window.Side > 0 {
		parts = append(
			parts,
			fmt.Sprintf(
				"%dx%d stride %d pad %d", s.window.Side, s.window.Side, s.window.Stride,
				s.window.Pad,
			),
		)
	}
	for i := range arguments[s.kind] {
		parts = append(parts, s.operands[i].String())
	}
	for _, p := range s.posts {
		switch p.alg {
		case gelu:
			parts = append(parts, "+gelu")
		case scaled:
			parts = append(parts, fmt.Sprintf("*%g", p.alpha))
		case add:
			parts = append(parts, "+add "+p.other.String())
		case sum:
			parts = append(parts, "+sum")
		}
	}
	return strings.Join(parts, " ")
}
