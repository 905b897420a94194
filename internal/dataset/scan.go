package dataset

import (
	"context"
	"errors"
	"math"
	"sync"

	"cmae/internal/dataset/eightbit"
	"cmae/internal/dataset/heif"
	"cmae/internal/dataset/pack"
)

// sample is an entry and what became of it.
type sample struct {
	entry
	img    Image
	traits eightbit.Traits
	box    Box
	hash   pixelHash // where prepare made it
	bad    error
}

// packed is the sample as it is packed.
func (s sample) packed() pack.Image {
	return pack.Image{Image: s.img, Name: s.name, Label: s.label, Box: s.box, Traits: s.traits}
}

// scan decodes the entries in parallel and hands the samples to emit one by one in their order, so
// that neither timing nor the number of workers shows. Where it is set, prepare takes from a sample
// what emit needs, while others are decoded. What waits for its turn is bounded by queueBytes.
func (s *source) scan(
	ctx context.Context, workers int, prepare func(*sample), emit func(sample) error,
) error {
	defer s.decoder.close()
	q := newQueue(len(s.entries), 8*workers)
	defer context.AfterFunc(ctx, q.stop)()
	var group sync.WaitGroup
	defer group.Wait()
	defer q.stop()
	for range workers {
		group.Go(func() {
			for {
				i, ok := q.take()
				if !ok {
					return
				}
				q.put(i, s.decode(s.entries[i], prepare))
			}
		})
	}
	for {
		one, ok := q.next()
		if !ok {
			return ctx.Err()
		}
		if err := emit(one); err != nil {
			return err
		}
	}
}

// decode loads one entry. The box is taken before the image is reduced.
func (s *source) decode(e entry, prepare func(*sample)) sample {
	one := sample{entry: e, bad: e.err}
	one.name = shown(e.name)
	if one.bad != nil {
		return one
	}
	err := s.load(e, func(img Image, found eightbit.Traits) {
		one.img, one.traits = shrink(img, s.limit), found
		one.box = e.box.fractions(img.Width, img.Height)
		if prepare != nil {
			prepare(&one)
		}
	})
	if err != nil {
		return sample{entry: one.entry, bad: err}
	}
	return one
}

// policy decides about bad files and lists them.
type policy struct {
	folder  folder
	onError OnError
	allowed int // files that may be left out
	bad     []BadFile
	lacking bool // some of them, for want of a library
}

func newPolicy(c Config, f folder, numFiles int) *policy {
	return &policy{
		folder: f, onError: c.OnError, allowed: int(math.Ceil(c.BadBudget * float64(numFiles))),
	}
}

// add notes a bad file; an error ends the work.
func (p *policy) add(s sample) error {
	file := badFile(s)
	if p.onError == Fail {
		remedy := "remove the file, or set data.on_error to skip or replace"
		if known := (*Error)(nil); errors.As(s.bad, &known) && known.Remedy != "" {
			remedy = known.Remedy
		}
		return faultOf(p.folder.full(s.name), remedy, "%s", file.Reason)
	}
	p.note(file, errors.Is(s.bad, heif.ErrMissing))
	if len(p.bad) <= p.allowed {
		return nil
	}
	return faultOf(p.folder.path, "repair them, or raise data.bad_budget",
		"more than %d bad files, among them %s", p.allowed, joinBad(p.bad[:min(3, len(p.bad))]))
}

// note lists a bad file.
func (p *policy) note(file BadFile, lacking bool) {
	p.bad, p.lacking = append(p.bad, file), p.lacking || lacking
}

// badFile takes the cause out of an error that names the file already.
func badFile(s sample) BadFile {
	reason := s.bad
	var named *Error
	if errors.As(s.bad, &named) {
		reason = named.Err
	}
	return BadFile{Path: s.name, Reason: reason.Error()}
}
