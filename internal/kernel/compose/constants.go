package compose

import (
	"fmt"

	"cmae/internal/kernel"
)

// constants are tensors that are made once, and live as long as the engine.
type constants struct {
	memory kernel.Memory
	known  map[string]kernel.Tensor
}

// filled is n times a number, in the type of like.
func (c constants) filled(like kernel.Tensor, number float64, n int) kernel.Tensor {
	return c.get(fmt.Sprint(like.Type, " ", number, " ", n), func() (kernel.Tensor, []byte) {
		if like.Type == kernel.F64 {
			return repeated(like.Type, number, n)
		}
		return repeated(like.Type, float32(number), n)
	})
}

func repeated[E kernel.Element](t kernel.DType, number E, n int) (kernel.Tensor, []byte) {
	values := make([]E, n)
	for i := range values {
		values[i] = number
	}
	return kernel.Tensor{Type: t, Shape: []int{n}}, kernel.Bytes(values)
}

// ones is n ones in the type of like.
func (c constants) ones(like kernel.Tensor, n int) kernel.Tensor { return c.filled(like, 1, n) }

// indices are row numbers [b,n] that depend on nothing but b, n and what key names; at tells them.
func (c constants) indices(key string, b, n int, at func(b, i int) int) kernel.Tensor {
	return c.get(fmt.Sprint(key, " ", b, " ", n), func() (kernel.Tensor, []byte) {
		values := make([]int32, b*n)
		for i := range values {
			values[i] = int32(at(i/n, i%n))
		}
		return kernel.Tensor{Type: kernel.I32, Shape: []int{b, n}}, kernel.Bytes(values)
	})
}

// get finds a constant, and makes it the first time.
func (c constants) get(key string, values func() (kernel.Tensor, []byte)) kernel.Tensor {
	t, known := c.known[key]
	if !known {
		as, bytes := values()
		t = c.memory.New(as.Type, as.Shape...)
		c.memory.Upload(t, bytes)
		c.known[key] = t
	}
	return t
}
