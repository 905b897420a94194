package dataset

import (
	"context"
	"errors"
	"math"

	"golang.org/x/sync/errgroup"

	"cmae/internal/dataset/heif"
)

// sample is an entry and what became of it.
type sample struct {
	entry
	img    Image
	traits traits
	box    Box
	bad    error
}

// scan decodes the entries in parallel and hands the samples to emit one by one in their order, so
// that neither timing nor the number of workers shows. It works in batches: their barrier costs
// little, and few large images are in memory at a time.
func (s *source) scan(ctx context.Context, workers int, emit func(sample) error) error {
	defer s.decoder.close()
	batch := make([]sample, 8*workers)
	for start := 0; start < len(s.entries); start += len(batch) {
		batch := batch[:min(len(batch), len(s.entries)-start)]
		group, ctx := errgroup.WithContext(ctx)
		for worker := range workers {
			group.Go(func() error {
				for i := worker; i < len(batch) && ctx.Err() == nil; i += workers {
					batch[i] = s.decode(s.entries[start+i])
				}
				return ctx.Err()
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		for _, one := range batch {
			if err := emit(one); err != nil {
				return err
			}
		}
	}
	return nil
}

// decode loads one entry. The box is taken before the image is reduced.
func (s *source) decode(e entry) sample {
	if e.err != nil {
		return sample{entry: e, bad: e.err}
	}
	img, found, err := s.load(e)
	if err != nil {
		return sample{entry: e, bad: err}
	}
	return sample{
		entry: e, img: shrink(img, s.limit), traits: found,
		box: e.box.fractions(img.Width, img.Height),
	}
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
		return faultOf(
			p.folder.full(s.name), "remove the file, or set data.on_error to skip", "%s",
			file.Reason,
		)
	}
	p.lacking = p.lacking || errors.Is(s.bad, heif.ErrMissing)
	if p.bad = append(p.bad, file); len(p.bad) <= p.allowed {
		return nil
	}
	return faultOf(p.folder.path, "repair them, or raise data.bad_budget",
		"more than %d bad files, among them %s", p.allowed, joinBad(p.bad[:min(3, len(p.bad))]))
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
