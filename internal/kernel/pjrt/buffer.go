package pjrt

import "unsafe"

// Type is the type of elements, a PJRT_Buffer_Type.
type Type int32

// The types that are used.
const (
	S32  Type = 4
	F32  Type = 11
	F64  Type = 12
	BF16 Type = 13
)

// Buffer is an array in the memory of a device. The zero Buffer stands for one of a device that is
// not there: it reads as zeros.
type Buffer struct {
	c      *Client
	handle uintptr
}

// When a plugin may read the host's bytes, a PJRT_HostBufferSemantics.
const duringCall = 0

// Upload copies data to the device. data may be used again at once, though the device may only get
// it later.
func (c *Client) Upload(data []byte, t Type, shape []int64) (*Buffer, error) {
	a := &struct {
		head
		client            uintptr
		data              *byte
		kind              Type
		dims              *int64
		dimsN             uintptr
		strides, stridesN uintptr
		semantics         int32
		device, memory    uintptr
		layout            uintptr
		done, buffer      uintptr
	}{
		client: c.handle, data: unsafe.SliceData(data), kind: t, dims: unsafe.SliceData(shape),
		dimsN: uintptr(len(shape)), semantics: duringCall, device: c.devices[0],
	}
	if err := do(c.Plugin, fnClientBufferFromHostBuffer, a); err != nil {
		return nil, err
	}
	b := &Buffer{c, a.buffer}
	if a.done == 0 {
		return b, nil
	}
	return b, c.await(a.done)
}

// await returns when an event has come.
func (c *Client) await(event uintptr) error {
	err := do(c.Plugin, fnEventAwait, &object{handle: event})
	if free := c.destroy(fnEventDestroy, event); err == nil {
		err = free
	}
	return err
}

// Download waits for the buffer and copies it into dst.
func (b *Buffer) Download(dst []byte) error {
	if b.c == nil {
		clear(dst)
		return nil
	}
	a := &struct {
		head
		from, layout uintptr
		to           *byte
		n, event     uintptr
	}{from: b.handle, to: unsafe.SliceData(dst), n: uintptr(len(dst))}
	if err := do(b.c.Plugin, fnBufferToHostBuffer, a); err != nil {
		return err
	}
	return b.c.await(a.event)
}

// Free gives the memory back, once no program needs it any more.
func (b *Buffer) Free() error {
	if b.c == nil {
		return nil
	}
	return b.c.destroy(fnBufferDestroy, b.handle)
}
