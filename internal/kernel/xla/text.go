package xla

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"cmae/internal/kernel"
)

// value is a value of a program.
type value struct {
	name  string
	t     kernel.DType
	shape []int
}

func (v value) len() int { return tensor{Shape: v.shape}.Len() }

func (v value) typ() string { return typeName(v.t, v.shape) }

func typeName(t kernel.DType, shape []int) string { return arrayName(t.String(), shape) }

func arrayName(element string, shape []int) string {
	var b strings.Builder
	b.WriteString("tensor<")
	for _, d := range shape {
		b.WriteString(strconv.Itoa(d))
		b.WriteByte('x')
	}
	return b.String() + element + ">"
}

// emit writes an operation and names its result.
func (b *builder) emit(t kernel.DType, shape []int, format string, args ...any) value {
	v := value{fmt.Sprintf("%%v%d", b.values), t, slices.Clone(shape)}
	b.values++
	fmt.Fprintf(&b.text, "    %s = ", v.name)
	fmt.Fprintf(&b.text, format, args...)
	b.text.WriteByte('\n')
	return v
}

func list[T any](items []T) string {
	var s []string
	for _, i := range items {
		s = append(s, fmt.Sprint(i))
	}
	return "[" + strings.Join(s, ", ") + "]"
}

// constant is a number of a program.
func (b *builder) constant(x float64, t kernel.DType) value {
	number := ""
	switch t {
	case kernel.F64:
		number = fmt.Sprintf("0x%016X", math.Float64bits(x))
	case kernel.I32:
		number = strconv.Itoa(int(x))
	case kernel.BF16:
		return b.convert(b.constant(x, kernel.F32), t)
	default:
		number = fmt.Sprintf("0x%08X", math.Float32bits(float32(x)))
	}
	return b.emit(t, nil, "stablehlo.constant dense<%s> : %s", number, typeName(t, nil))
}

// fill is an array of one number.
func (b *builder) fill(x float64, t kernel.DType, shape ...int) value {
	return b.spread(b.constant(x, t), shape)
}

// like is an array of one number, beside v.
func (b *builder) like(v value, x float64) value { return b.fill(x, v.t, v.shape...) }

// two is an operation of two arrays, one of one.
func (b *builder) two(op string, x, y value) value {
	return b.emit(x.t, x.shape, "stablehlo.%s %s, %s : %s", op, x.name, y.name, x.typ())
}

func (b *builder) one(op string, x value) value {
	return b.emit(x.t, x.shape, "stablehlo.%s %s : %s", op, x.name, x.typ())
}

func (b *builder) add(x, y value) value { return b.two("add", x, y) }
func (b *builder) sub(x, y value) value { return b.two("subtract", x, y) }
func (b *builder) mul(x, y value) value { return b.two("multiply", x, y) }
func (b *builder) div(x, y value) value { return b.two("divide", x, y) }

// times is x c, plus is x + c.
func (b *builder) times(x value, c float64) value { return b.mul(x, b.like(x, c)) }
func (b *builder) plus(x value, c float64) value  { return b.add(x, b.like(x, c)) }

func (b *builder) square(x value) value { return b.mul(x, x) }

func (b *builder) convert(x value, t kernel.DType) value {
	if x.t == t {
		return x
	}
	return b.emit(
		t, x.shape, "stablehlo.convert %s : (%s) -> %s", x.name, x.typ(), typeName(t, x.shape),
	)
}

func (b *builder) reshape(x value, shape ...int) value {
	if slices.Equal(x.shape, shape) {
		return x
	}
	return b.emit(
		x.t, shape, "stablehlo.reshape %s : (%s) -> %s", x.name, x.typ(), typeName(x.t, shape),
	)
}

func (b *builder) transpose(x value, order ...int) value {
	shape := make([]int, len(order))
	for i, d := range order {
		shape[i] = x.shape[d]
	}
	return b.emit(
		x.t, shape, "stablehlo.transpose %s, dims = %s : (%s) -> %s", x.name, list(order), x.typ(),
		typeName(x.t, shape),
	)
}

// spread puts x's dimensions at dims of shape and repeats it along the others.
func (b *builder) spread(x value, shape []int, dims ...int) value {
	if slices.Equal(x.shape, shape) {
		return x
	}
	return b.emit(
		x.t, shape, "stablehlo.broadcast_in_dim %s, dims = %s : (%s) -> %s", x.name, list(dims),
		x.typ(), typeName(x.t, shape),
	)
}

// slice is x[from:to] along one dimension.
func (b *builder) slice(x value, dim, from, to int) value {
	if from == 0 && to == x.shape[dim] {
		return x
	}
	shape, spans := slices.Clone(x.shape), make([]string, len(x.shape))
	shape[dim] = to - from
	for i, d := range x.shape {
		spans[i] = fmt.Sprintf("0:%d", d)
	}
	spans[dim] = fmt.Sprintf("%d:%d", from, to)
	return b.emit(
		x.t, shape, "stablehlo.slice %s %s : (%s) -> %s", x.name, list(spans), x.typ(),
		typeName(x.t, shape),
	)
}

// concat joins along one dimension; parts of no length are left out.
func (b *builder) concat(dim int, parts ...value) value {
	var names, types []string
	var whole value
	length := 0
	for _, p := range parts {
		if p.len() > 0 {
			names, types = append(names, p.name), append(types, p.typ())
			whole = p
			length += p.shape[dim]
		}
	}
	if len(names) == 1 {
		return whole
	}
	shape := slices.Clone(whole.shape)
	shape[dim] = length
	return b.emit(
		whole.t, shape, "stablehlo.concatenate %s, dim = %d : (%s) -> %s",
		strings.Join(names, ", "), dim, strings.Join(types, ", "), typeName(whole.t, shape),
	)
}

// pad puts numbers before and after x along its dimensions, and gaps between its elements.
func (b *builder) pad(x value, with float64, low, high, gaps []int) value {
	shape := make([]int, len(x.shape))
	for i, d := range x.shape {
		shape[i] = low[i] + high[i] + d + (d-1)*gaps[i]
	}
	c := b.constant(with, x.t)
	return b.emit(
		x.t, shape, "stablehlo.pad %s, %s, low = %s, high = %s, interior = %s : (%s, %s) -> %s",
		x.name, c.name, list(low), list(high), list(gaps), x.typ(), c.typ(), typeName(x.t, shape),
	)
}

// padTokens puts zeros before and after [B,T,D] along T.
func (b *builder) padTokens(x value, before, after int) value {
	if before == 0 && after == 0 {
		return x
	}
	return b.pad(x, 0, []int{0, before, 0}, []int{0, after, 0}, []int{0, 0, 0})
}

// sum and largest reduce along dimensions.
func (b *builder) sum(x value, dims ...int) value { return b.reduce("add", 0, x, dims) }
func (b *builder) largest(x value, dims ...int) value {
	return b.reduce("maximum", math.Inf(-1), x, dims)
}

func (b *builder) reduce(op string, start float64, x value, dims []int) value {
	var shape []int
	for i, d := range x.shape {
		if !slices.Contains(dims, i) {
			shape = append(shape, d)
		}
	}
	from := b.constant(start, x.t)
	return b.emit(
		x.t, shape,
		"stablehlo.reduce(%s init: %s) applies stablehlo.%s across dimensions = %s"+
			" : (%s, %s) -> %s",
		x.name, from.name, op, list(dims), x.typ(), from.typ(), typeName(x.t, shape),
	)
}

// total is the sum of all elements.
func (b *builder) total(x value) value {
	dims := make([]int, len(x.shape))
	for i := range dims {
		dims[i] = i
	}
	if len(dims) == 0 {
		return x
	}
	return b.sum(x, dims...)
}

// choose is yes where x compares with y so, else no.
func (b *builder) choose(x value, direction string, y, yes, no value) value {
	kind := "FLOAT"
	if x.t == kernel.I32 {
		kind = "SIGNED"
	}
	truth := arrayName("i1", x.shape)
	p := b.emit(
		x.t, x.shape, "stablehlo.compare %s, %s, %s, %s : (%s, %s) -> %s", direction, x.name,
		y.name, kind, x.typ(), y.typ(), truth,
	)
	return b.emit(
		yes.t, yes.shape, "stablehlo.select %s, %s, %s : %s, %s", p.name, yes.name, no.name, truth,
		yes.typ(),
	)
}

// wide is what operations compute in: at least F32.
func wide(t kernel.DType) kernel.DType {
	if t == kernel.BF16 {
		return kernel.F32
	}
	return t
}

// in is a floating-point operand in at least F32.
func (b *builder) in(t tensor) value { return b.convert(b.get(t), wide(t.Type)) }

// flat is a tensor as [R,C], line one as [len].
func flat(t tensor) tensor { return t.View(t.Rows(), t.Cols()) }
func line(t tensor) tensor { return t.View(t.Len()) }
