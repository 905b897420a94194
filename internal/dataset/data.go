package dataset

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cmae/internal/config"
	"cmae/internal/dataset/pack"
	"cmae/internal/machine"
)

// Data is what a run needs: a split to learn from, one to evaluate on, and what was found on the
// way.
type Data struct {
	Train  *Set
	Test   *Set // the evaluation split, whatever its name on disk; nil where the data has none
	Report Report

	side   int   // Config.ImageSize
	noTest error // why the evaluation split that the data has is not Test
}

// Side is the side in pixels at which the model sees the images: data.image_size, or the size of
// the data when it has one. Without either the setting is at fault.
func (d *Data) Side() (int, error) {
	if d.side > 0 {
		return d.side, nil
	}
	if side := d.Train.Size(); side > 0 && (d.Test == nil || side == d.Test.Size()) {
		return side, nil
	}
	return 0, &config.Error{
		Key: "data.image_size",
		Problem: "the images differ in size: set it to the side in pixels that the model shall " +
			"see, such as 64",
	}
}

// Open reads the data that c names. Decoded images come from the cache where it is valid, else they
// are decoded and cached; done of total tells how far that is (progress may be nil). The seed
// chooses the subset when c.Limit or c.PerClass is set. Faults of the data are fault.Data.
func Open(
	ctx context.Context, c Config, seed uint64, progress func(done, total int),
) (*Data, error) {
	return open(ctx, c, seed, nil, progress)
}

func open(
	ctx context.Context, c Config, seed uint64, listed func(files int),
	progress func(done, total int),
) (*Data, error) {
	if err := config.Check("data", c); err != nil {
		return nil, err
	}
	in, err := c.read(listed)
	if err != nil {
		return nil, err
	}
	o := opener{
		Config: c, input: in, seed: seed, progress: progress,
		report: Report{Format: in.format, Path: c.Path, Notes: in.notes},
	}
	if c.StoreSide > 0 {
		o.report.Notes = append(o.report.Notes, fmt.Sprintf(
			"images are stored with a shorter side of at most %d (data.store_side)", c.StoreSide,
		))
	}
	for _, s := range in.splits() {
		perClass := c.PerClass
		if s != in.train {
			perClass = 0
		}
		s.entries = subset(s.entries, len(s.classes), perClass, c.Limit, seed)
		o.total += len(s.entries)
		for _, w := range s.warnings {
			o.warn("%s", w)
		}
		if len(s.leftOut) > 0 {
			o.warn("%s: %s; cmae data verify names them", s.name, countLeftOut(s.leftOut))
		}
	}
	if in.noTest != nil {
		o.warn("no evaluation: %v", in.noTest)
	}
	data := &Data{side: c.ImageSize, noTest: in.noTest}
	if data.Train, err = o.open(ctx, in.train); err != nil {
		return nil, err
	}
	if in.test != nil {
		if data.Test, err = o.open(ctx, in.test); err != nil {
			return nil, err
		}
	}
	data.Report = o.report
	return data, nil
}

// opener carries what both splits share.
type opener struct {
	Config
	input
	seed        uint64
	done, total int
	progress    func(done, total int)
	report      Report
}

// open gets one split from the cache, or decodes it into the cache, or into memory where there can
// be no cache.
func (o *opener) open(ctx context.Context, s *source) (*Set, error) {
	split := newSplitReport(s)
	set, err := o.cached(ctx, s, &split)
	var unwritable pack.UnwritableError
	if errors.As(err, &unwritable) {
		o.warn(
			"cannot cache decoded images, keeping them in memory (set data.cache_dir): %v",
			unwritable.Err,
		)
		split.Cache = ""
	}
	if set == nil && (err == nil || errors.As(err, &unwritable)) {
		set, err = o.inMemory(ctx, s)
		if large := (pack.NoMemoryError{}); errors.As(err, &large) {
			err = fmt.Errorf(
				"dataset: decoded images can neither be cached (%w) nor kept in memory: %w; set "+
					"data.cache_dir to a folder with room, or lower data.image_size or data.limit",
				unwritable.Err, large,
			)
		}
	}
	if err != nil {
		return nil, err
	}
	if set.Len() == 0 {
		return nil, faultOf(o.folder.path, "", "has no usable image in its %s split", s.name)
	}
	set.titles = o.titles
	for i := range set.Len() {
		_, boxed := set.Box(i)
		split.add(s, set.Label(i), set.Image(i).Width, set.Image(i).Height, boxed)
	}
	split.finish(len(set.index.Bad))
	split.Traits = set.index.Traits
	o.report.describe(s.name, set.index.Traits, set.index.Levels)
	if len(set.index.Bad) > 0 {
		o.warn("%s: %s", s.name, countBad(set.index.Bad))
	}
	if err := o.everyClass(s, split); err != nil {
		return nil, err
	}
	o.report.Splits = append(o.report.Splits, split)
	o.report.Bad = append(o.report.Bad, set.index.Bad...)
	return set, nil
}

// everyClass refuses a split in which bad files have emptied a class, and warns of classes that
// never had an image, unless data.limit left them out: an encoder would be evaluated on fewer
// classes than it seems.
func (o *opener) everyClass(s *source, split SplitReport) error {
	listed := map[string]int{}
	for _, e := range s.entries {
		if len(s.classes) > 0 && e.label >= 0 {
			listed[s.classes[e.label]]++
		}
	}
	empty := 0
	for _, class := range s.classes {
		switch {
		case split.PerClass[class] > 0:
		case listed[class] > 0 && o.format != ClassFolders:
			return faultOf(
				o.folder.path, "mend or remove them",
				"class %q of its %s split has no usable image: all %d are bad", class, s.name,
				listed[class],
			)
		default:
			empty++
		}
	}
	if empty > 0 && o.Limit == 0 {
		o.warn("%d of %d classes have no image in the %s split", empty, len(s.classes), s.name)
	}
	return nil
}

// cached gives the set by way of the packed file; nil without an error for the embedded images,
// which need none.
func (o *opener) cached(ctx context.Context, s *source, split *SplitReport) (*Set, error) {
	if o.format == FashionMNISTMini {
		return nil, nil
	}
	cache, err := cacheFor(o.Config, o.format, s, o.seed)
	if err != nil {
		return nil, pack.UnwritableError{Err: err}
	}
	split.Cache = cache.Path
	key := o.partialKey(cache, s)
	set, err := opened(cache)
	if err == nil && (!s.decoder.stands(set.index) || !set.chosenBy(o.seed)) {
		set, err = nil, pack.ErrStale
	}
	if err == nil {
		o.done += len(s.entries)
		split.CacheHit = true
		cache.DropPartial(key)
		return set, nil
	}
	if !pack.Absent(err) {
		o.warn("made %q anew: %v", cache.Path, err)
	}
	before := o.done
	kept := cache.Partial(key)
	err = cache.Write(
		ctx, s.classes, s.bytesNeeded, kept,
		func(p *pack.Packer) error { return o.fill(ctx, s, p, kept) },
	)
	if err != nil {
		o.done = before
		return nil, err
	}
	if set, err = opened(cache); err != nil {
		o.done = before
		return nil, pack.UnwritableError{Err: err}
	}
	return set, nil
}

// opened gives the set of a packed file.
func opened(file pack.File) (*Set, error) {
	images, err := file.Open()
	if err != nil {
		return nil, err
	}
	return setOf(images), nil
}

// inMemory decodes a split into memory.
func (o *opener) inMemory(ctx context.Context, s *source) (*Set, error) {
	pixels := pack.NewMemory()
	defer pixels.Free()
	p := pack.NewPacker(pixels, s.classes)
	if err := o.fill(ctx, s, p, nil); err != nil {
		return nil, err
	}
	all, err := pixels.Whole()
	if err != nil {
		return nil, err
	}
	images, err := pack.NewImages(p.Index, all)
	if err != nil {
		return nil, err
	}
	return setOf(images), nil
}

// warn notes a text once: both splits often have the same cause.
func (o *opener) warn(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(o.report.Warnings, text) {
		o.report.Warnings = append(o.report.Warnings, text)
	}
}

func (c Config) workers() int {
	if c.Workers > 0 {
		return c.Workers
	}
	return machine.Cores()
}
