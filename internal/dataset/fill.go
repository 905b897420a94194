package dataset

import (
	"context"
	"errors"
	"fmt"

	"cmae/internal/dataset/eightbit"
	"cmae/internal/dataset/heif"
	"cmae/internal/dataset/pack"
)

// filler decodes a split into a pack.
type filler struct {
	*opener
	source   *source
	packer   *pack.Packer
	kept     *pack.Partial // what an earlier process has decoded, and what the next one will find
	policy   *policy
	others   *substitutes
	next     int // index of the entry whose turn it is
	replaced bool
}

// fill decodes a split into p, from where kept ends.
func (o *opener) fill(ctx context.Context, s *source, p *pack.Packer, kept *pack.Partial) error {
	f := &filler{
		opener: o, source: s, packer: p, kept: kept,
		policy: newPolicy(o.Config, o.folder, len(s.entries)), others: o.substitutes(s),
	}
	defer s.decoder.close()
	if err := f.goOn(ctx); err != nil {
		return err
	}
	rest := *s
	rest.entries = s.entries[f.next:]
	if err := rest.scan(ctx, o.workers(), nil, f.add); err != nil {
		return err
	}
	if err := p.Finish(f.policy.bad); err != nil {
		return err
	}
	p.Index.Lacking = f.policy.lacking
	if f.replaced {
		p.Index.Seed = &o.seed
	}
	if p.Index.Traits[eightbit.Deep].Files > 0 {
		p.Index.Levels = s.decoder.Stretch.Chosen()
	}
	return nil
}

// goOn counts what is decoded already.
func (f *filler) goOn(ctx context.Context) error {
	n, err := f.kept.Replay(ctx, len(f.source.entries), func(r pack.Record, pix []byte) {
		e := f.source.entries[r.At]
		one := sample{entry: e, box: r.Box, traits: eightbit.Traits{List: r.Traits}}
		one.name = shown(e.name)
		one.img = Image{Width: r.Width, Height: r.Height, Pix: pix}
		if r.Bad != nil {
			f.policy.note(*r.Bad, r.Lacking)
			one.name = r.Bad.Substitute
			f.replaced = f.replaced || one.name != ""
		}
		if r.Bytes > 0 {
			f.packer.Count(one.packed())
		}
		f.step()
	})
	if n > 0 {
		f.report.Notes = append(f.report.Notes, fmt.Sprintf(
			"%s: goes on after %d of %d files, which an earlier process has decoded",
			f.source.name, n, len(f.source.entries),
		))
	}
	return err
}

// step counts an entry.
func (f *filler) step() {
	f.next++
	if f.done++; f.progress != nil {
		f.progress(f.done, f.total)
	}
}

// add takes what became of the next entry.
func (f *filler) add(one sample) error {
	r := pack.Record{At: f.next}
	f.step()
	if one.bad == nil {
		return f.put(r, one)
	}
	if err := f.policy.add(one); err != nil {
		return err
	}
	bad := &f.policy.bad[len(f.policy.bad)-1]
	r.Bad, r.Lacking = bad, errors.Is(one.bad, heif.ErrMissing)
	if f.others != nil {
		// where none is found, open says that every class must have an image
		if other, found := f.others.choose(one, f.policy.allowed); found {
			bad.Substitute, f.replaced = other.name, true
			return f.put(r, other)
		}
	}
	return f.kept.Note(r)
}

// put adds an image to the pack, and to its record.
func (f *filler) put(r pack.Record, one sample) error {
	if err := f.packer.Add(one.packed()); err != nil {
		return err
	}
	image := pack.RecordOf(r.At, one.packed())
	image.Bad, image.Lacking = r.Bad, r.Lacking
	return f.kept.Note(image)
}
