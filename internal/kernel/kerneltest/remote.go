package kerneltest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
	"unsafe"

	"cmae/internal/kernel"
	"cmae/internal/system"
)

// Remote is an engine as a device with a queue would be, and strict about it. Its tensors are
// addresses of nothing: host code that reads one crashes. Calls wait in the queue until Download
// asks for a number. Values are known by the span of addresses that they were written to: whoever
// reads a span in another type than it was written in, or what was dropped or freed, panics. It
// computes by another engine, on memory of that one.
type Remote struct {
	host  kernel.Core
	space []byte // addresses, of which used are given out
	used  int
	queue []func()
	spans []span // by address, without overlap
	// Computed counts calls that have left the queue, Drops calls of Drop.
	Computed, Drops int
}

var (
	_ kernel.Core    = (*Remote)(nil)
	_ kernel.Dropper = (*Remote)(nil)
)

// span is what some addresses hold: a value, absent where it was dropped or freed.
type span struct {
	at    uintptr
	bytes int
	value kernel.Tensor // in the host's memory
}

func (s span) end() uintptr { return s.at + uintptr(s.bytes) }

// NewRemote makes the engine. It closes host.
func NewRemote(host kernel.Core) (*Remote, error) {
	const room = 1 << 36
	space, err := system.Reserve(room)
	if err != nil {
		return nil, fmt.Errorf("kerneltest: reserve addresses: %w", err)
	}
	return &Remote{host: host, space: space}, nil
}

// Name is "remote".
func (d *Remote) Name() string { return "remote" }

// Close forgets what is in the queue.
func (d *Remote) Close() error {
	if err := system.Unmap(d.space); err != nil {
		return err
	}
	return d.host.Close()
}

// New gives addresses away. Nothing is there until it is written, which reads as zeros.
func (d *Remote) New(t kernel.DType, shape ...int) kernel.Tensor {
	x := kernel.Tensor{Type: t, Shape: slices.Clone(shape)}
	x.Data = unsafe.Add(unsafe.Pointer(unsafe.SliceData(d.space)), d.used)
	d.used += max(kernel.Aligned(x.Bytes()), kernel.Alignment)
	return x
}

// Free loses what t holds.
func (d *Remote) Free(t kernel.Tensor) {
	d.later(func() { d.write(span{at: address(t), bytes: t.Bytes()}) })
}

// Drop loses what the region holds, but for what is to be kept.
func (d *Remote) Drop(region kernel.Tensor, keep []kernel.Tensor) {
	d.Drops++
	d.later(func() {
		from, end := address(region), address(region)+uintptr(region.Bytes())
		sorted := slices.Clone(keep)
		slices.SortFunc(sorted, func(a, b kernel.Tensor) int {
			return cmp.Compare(address(a), address(b))
		})
		for _, k := range sorted {
			if at := address(k); at >= from && at < end {
				d.write(span{at: from, bytes: int(at - from)})
				from = at + uintptr(k.Bytes())
			}
		}
		d.write(span{at: from, bytes: int(end - from)})
	})
}

// Upload copies src at once, since it may change.
func (d *Remote) Upload(dst kernel.Tensor, src []byte) {
	if len(src) != dst.Bytes() {
		panic(fmt.Sprintf(
			"kerneltest: upload of %d bytes into %s %v", len(src), dst.Type, dst.Shape,
		))
	}
	raw := slices.Clone(src)
	d.later(func() {
		value := d.host.New(dst.Type, dst.Shape...)
		d.host.Upload(value, raw)
		d.write(span{address(dst), dst.Bytes(), value})
	})
}

// Download computes what is in the queue.
func (d *Remote) Download(dst []byte, src kernel.Tensor) {
	for len(d.queue) > 0 {
		run := d.queue[0]
		d.queue = d.queue[1:]
		run()
		d.Computed++
	}
	x, copied := d.read(src)
	d.host.Download(dst, x)
	if copied {
		d.host.Free(x)
	}
}

// Usage is unknown.
func (d *Remote) Usage() kernel.Usage { return kernel.Usage{Most: math.Inf(1)} }

func (d *Remote) later(run func()) { d.queue = append(d.queue, run) }

func address(t kernel.Tensor) uintptr { return uintptr(t.Data) }

// find is the first span that ends behind an address.
func (d *Remote) find(at uintptr) int {
	return sort.Search(len(d.spans), func(i int) bool { return d.spans[i].end() > at })
}

// write puts a span in the place of what was there. What reaches over its ends stays, as spans of
// their own.
func (d *Remote) write(s span) {
	if s.bytes == 0 {
		return
	}
	i := d.find(s.at)
	j := i
	var before, after []span
	for ; j < len(d.spans) && d.spans[j].at < s.end(); j++ {
		old := d.spans[j]
		if old.at < s.at {
			before = d.pieces(old, old.at, s.at)
		}
		if old.end() > s.end() {
			after = d.pieces(old, s.end(), old.end())
		}
		if !old.value.Absent() {
			d.host.Free(old.value)
		}
	}
	d.spans = slices.Replace(d.spans, i, j, slices.Concat(before, []span{s}, after)...)
}

// pieces are a copy of part of a span, and what is left of an element that is cut, which is lost.
func (d *Remote) pieces(s span, from, to uintptr) []span {
	if s.value.Absent() {
		return []span{{at: from, bytes: int(to - from)}}
	}
	size := uintptr(s.value.Type.Size())
	lo, hi := s.at+(from-s.at+size-1)/size*size, s.at+(to-s.at)/size*size
	var list []span
	add := func(from, to uintptr, value kernel.Tensor) {
		if to > from {
			list = append(list, span{from, int(to - from), value})
		}
	}
	lo = min(lo, to)
	add(from, lo, kernel.Tensor{})
	if hi > lo {
		part := d.part(s, lo, hi)
		value := d.host.New(part.Type, part.Shape...)
		d.host.Copy(value, part)
		add(lo, hi, value)
	}
	add(max(hi, lo), to, kernel.Tensor{})
	return list
}

// part is what a span holds between two addresses, without a shape.
func (d *Remote) part(s span, from, to uintptr) kernel.Tensor {
	size := s.value.Type.Size()
	lo, n := int(from-s.at), int(to-from)
	if lo%size != 0 || n%size != 0 {
		panic(fmt.Sprintf("kerneltest: bytes %d to %d of a %s value", lo, lo+n, s.value.Type))
	}
	return s.value.At(lo, s.value.Type, n/size)
}

// read is the value of a tensor. One that was written in pieces, or not at all, is put together in
// new memory of the host.
func (d *Remote) read(t kernel.Tensor) (x kernel.Tensor, copied bool) {
	at, end := address(t), address(t)+uintptr(t.Bytes())
	i := d.find(at)
	if i < len(d.spans) && d.spans[i].at <= at && d.spans[i].end() >= end {
		d.check(t, d.spans[i])
		return d.part(d.spans[i], at, end).View(t.Shape...), false
	}
	x = d.host.New(t.Type, t.Len())
	for ; i < len(d.spans) && d.spans[i].at < end; i++ {
		s := d.spans[i]
		d.check(t, s)
		from, to := max(at, s.at), min(end, s.end())
		part := d.part(s, from, to)
		d.host.Copy(x.At(int(from-at), t.Type, part.Len()), part)
	}
	return x.View(t.Shape...), true
}

func (d *Remote) check(t kernel.Tensor, s span) {
	switch {
	case s.value.Absent():
		panic(fmt.Sprintf("kerneltest: %s %v was dropped or freed and is read", t.Type, t.Shape))
	case s.value.Type != t.Type:
		panic(fmt.Sprintf("kerneltest: %s was written and %s is read", s.value.Type, t.Type))
	}
}
