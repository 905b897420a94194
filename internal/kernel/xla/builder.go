package xla

import (
	"bytes"
	"cmp"
	"reflect"
	"slices"
	"strings"

	"cmae/internal/kernel"
)

// builder makes a program of a record. It follows what each call reads and writes, as values at
// addresses.
type builder struct {
	text   strings.Builder // the program's body
	values int             // named so far

	memory    spans[symbol]
	touched   []addressRange
	arguments []argument
	uploads   int // taken from the record so far
	numbers   int
	count     int   // of the record's numbers
	scheduled value // the numbers, once they are an argument
}

// symbol is what addresses hold while a program is built: a value of it, or what was there before,
// or an upload that nobody has read yet.
type symbol struct {
	value
	outside bool     // not computed by the program
	before  bool     // was there when the record began
	source  argument // of what is outside
}

// build is the program of a record that finds memory so, and its StableHLO.
func build(memory spans[held], r *record) (*program, string) {
	b := &builder{count: len(r.numbers)}
	for _, s := range memory {
		h := s.value
		b.memory = append(b.memory, span[symbol]{s.at, s.bytes, symbol{
			value: value{t: h.t, shape: h.shape}, outside: true, before: true,
			source: argument{place: place{s.at, s.bytes, h.t, h.shape}},
		}})
	}
	start := 0
	for _, c := range r.calls {
		if !bytes.Equal(encodeCall(nil, c.lower, c.args), r.bytes[start:c.end]) {
			panic("xla: an argument of a recorded call has changed since")
		}
		start = c.end
		in := []reflect.Value{reflect.ValueOf(b)}
		for _, a := range c.args {
			in = append(in, reflect.ValueOf(a))
		}
		reflect.ValueOf(c.lower).Call(in)
	}
	return b.finish()
}

// read is the value of a span; what is outside becomes an argument.
func (b *builder) read(s *span[symbol]) value {
	if s.value.outside && s.value.name == "" {
		s.value.name = b.argument(s.value.source)
	}
	return s.value.value
}

// argument is the name of one more.
func (b *builder) argument(a argument) string {
	b.arguments = append(b.arguments, a)
	return argumentName(len(b.arguments) - 1)
}

// get is the value of a tensor, in its shape.
func (b *builder) get(t tensor) value {
	at, end := uintptr(t.Data), uintptr(t.Data)+uintptr(t.Bytes())
	if t.Len() == 0 {
		return b.fill(0, t.Type, t.Shape...)
	}
	b.fillGaps(t)
	size := uintptr(t.Type.Size())
	var parts []value
	for i := b.memory.find(at); i < len(b.memory) && b.memory[i].at < end; i++ {
		s := &b.memory[i]
		if s.value.t != t.Type {
			panic("xla: " + s.value.t.String() + " was written and " + t.Type.String() + " is read")
		}
		v := b.read(s)
		if s.at == at && s.end() == end {
			return b.reshape(v, t.Shape...)
		}
		from, to := max(at, s.at), min(end, s.end())
		v = b.reshape(v, v.len())
		parts = append(parts, b.slice(v, 0, int((from-s.at)/size), int((to-s.at)/size)))
	}
	return b.reshape(b.concat(0, parts...), t.Shape...)
}

// fillGaps gives what t holds nothing at a value. What the record has emptied is zeros; elsewhere
// nothing was ever written, as far as is known here: that is an argument, which reads as zeros.
func (b *builder) fillGaps(t tensor) {
	for at, end := uintptr(t.Data), uintptr(t.Data)+uintptr(t.Bytes()); at < end; {
		i := b.memory.find(at)
		if i < len(b.memory) && b.memory[i].at <= at {
			at = b.memory[i].end()
			continue
		}
		next := end
		if i < len(b.memory) {
			next = min(end, b.memory[i].at)
		}
		emptied := false
		for _, x := range merged(slices.Clone(b.touched)) {
			if x.from <= at && at < x.end {
				emptied, next = true, min(next, x.end)
			} else if x.from > at {
				next = min(next, x.from)
			}
		}
		gap := t.At(int(at-uintptr(t.Data)), t.Type, int(next-at)/t.Type.Size())
		if gap.Len() == t.Len() {
			gap = t
		}
		s := symbol{value: value{t: t.Type, shape: gap.Shape}, outside: true, before: true}
		if s.source.place = (place{at, gap.Bytes(), t.Type, gap.Shape}); emptied {
			s = symbol{value: b.fill(0, t.Type, gap.Shape...)}
		}
		b.memory.replace(i, i, span[symbol]{at, gap.Bytes(), s})
		at = next
	}
}

// put writes a tensor.
func (b *builder) put(t tensor, v value) {
	v = b.reshape(b.convert(v, t.Type), t.Shape...)
	b.write(t, symbol{value: v})
}

func (b *builder) write(t tensor, s symbol) {
	if t.Len() > 0 {
		i := b.empty(uintptr(t.Data), t.Bytes())
		b.memory.replace(i, i, span[symbol]{uintptr(t.Data), t.Bytes(), s})
	}
}

// empty forgets what addresses hold, and returns where in memory they are. What spans hold before
// or behind them stays, as spans of their own; of an element that is cut nothing stays.
func (b *builder) empty(at uintptr, count int) int {
	end := at + uintptr(count)
	i, j := b.memory.within(at, end)
	b.touched = append(b.touched, addressRange{at, end})
	if i == j {
		return i
	}
	var before, after []span[symbol]
	if s := &b.memory[i]; s.at < at {
		before = b.part(s, s.at, at)
	}
	if s := &b.memory[j-1]; s.end() > end {
		after = b.part(s, end, s.end())
	}
	for _, s := range b.memory[i:j] {
		b.touched = append(b.touched, addressRange{s.at, s.end()})
	}
	b.memory.replace(i, j, slices.Concat(before, after)...)
	return i + len(before)
}

// part is what a span holds of whole elements between two of its addresses.
func (b *builder) part(s *span[symbol], from, to uintptr) []span[symbol] {
	size := uintptr(s.value.t.Size())
	lo, hi := (from-s.at+size-1)/size, (to-s.at)/size
	if lo >= hi {
		return nil
	}
	v := b.read(s)
	v = b.slice(b.reshape(v, v.len()), 0, int(lo), int(hi))
	return []span[symbol]{{s.at + lo*size, int((hi - lo) * size), symbol{value: v}}}
}

// forget is Free.
func (b *builder) forget(t tensor) { b.empty(uintptr(t.Data), t.Bytes()) }

// drop is Drop.
func (b *builder) drop(region tensor, keep []tensor) {
	from, end := uintptr(region.Data), uintptr(region.Data)+uintptr(region.Bytes())
	sorted := slices.SortedFunc(slices.Values(keep), func(x, y tensor) int {
		return cmp.Compare(uintptr(x.Data), uintptr(y.Data))
	})
	for _, k := range sorted {
		if at := uintptr(k.Data); at >= from && at < end {
			b.empty(from, int(at-from))
			from = at + uintptr(k.Bytes())
		}
	}
	b.empty(from, int(end-from))
}

// uploaded is Upload.
func (b *builder) uploaded(dst tensor) {
	a := argument{
		kind: uploadArgument, place: place{t: dst.Type, shape: dst.Shape}, upload: b.uploads,
	}
	b.uploads++
	b.write(dst, symbol{
		value: value{t: dst.Type, shape: dst.Shape}, outside: true, source: a,
	})
}

// number is the next scheduled number of the record.
func (b *builder) number(t kernel.DType) value { return b.reshape(b.next(1, t)) }

// next are so many scheduled numbers [n].
func (b *builder) next(n int, t kernel.DType) value {
	if b.scheduled.name == "" {
		a := argument{kind: numbersArgument, place: place{t: kernel.F64, shape: []int{b.count}}}
		b.scheduled = value{b.argument(a), a.t, a.shape}
	}
	i := b.numbers
	b.numbers += n
	return b.convert(b.slice(b.scheduled, 0, i, i+n), t)
}

// finish is the program, and its text.
func (b *builder) finish() (*program, string) {
	p := &program{arguments: b.arguments, touched: merged(b.touched)}
	var results []value
	for i := range b.memory {
		s := &b.memory[i]
		at := place{s.at, s.bytes, s.value.t, s.value.shape}
		switch {
		case s.value.before:
		case s.value.outside:
			p.kept = append(p.kept, keptUpload{at, s.value.source.upload})
		default:
			p.results = append(p.results, at)
			results = append(results, s.value.value)
		}
	}
	return p, module(p, results, b.text.String())
}

// merged joins addresses that follow each other.
func merged(list []addressRange) (all []addressRange) {
	slices.SortFunc(list, func(x, y addressRange) int { return cmp.Compare(x.from, y.from) })
	for _, t := range list {
		if n := len(all); n > 0 && t.from <= all[n-1].end {
			all[n-1].end = max(all[n-1].end, t.end)
		} else if t.end > t.from {
			all = append(all, t)
		}
	}
	return all
}
