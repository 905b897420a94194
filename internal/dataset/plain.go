package dataset

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"cmae/internal/dataset/eightbit"
	"cmae/internal/report"
)

// Images are images without labels. They are decoded when they are walked through.
type Images struct {
	config Config
	folder folder
	source *source
	traits eightbit.Tallies // of the images that Each has given
}

// OpenImages lists the images below dir by name, however they are nested. Of c it takes what
// concerns files: background, on_error, bad_budget, max_pixels, workers and image_size, which
// bounds how large an image stays. A folder without images is fault.Data. The console (nil for
// none) shows how many files were listed.
func OpenImages(c Config, dir string, console *report.Console) (*Images, error) {
	w := newWatch(console)
	defer w.end()
	f, err := openCounted(dir, c.Links, w.listed)
	if err != nil {
		return nil, err
	}
	d := c.decoder()
	s, err := readImages(f, d, ".")
	if err != nil {
		return nil, err
	}
	d.Stretch.Own = d.sight(s.entries, func(e entry) (folder, entry) { return f, e })
	d.Stretch.Known, d.Stretch.Training = c.Levels, c.training
	s.limit = c.limit()
	return &Images{config: c, folder: f, source: s}, nil
}

// OpenFiles is OpenImages for a list of files, which may be called anything, and folders. Images
// stand in the order of the list, those of a folder by name; their names begin with the path that
// the list has.
func OpenFiles(c Config, console *report.Console, paths ...string) (*Images, error) {
	w := newWatch(console)
	defer w.end()
	l := listing{
		folders: map[string]folder{}, links: c.Links, count: &count{tell: w.listed},
	}
	for _, p := range paths {
		if err := l.add(p); err != nil {
			return nil, err
		}
	}
	d := c.decoder()
	place := func(e entry) (folder, entry) {
		at := l.places[e.record]
		return at.folder, entry{name: at.name}
	}
	d.Stretch.Own = d.sight(l.entries, place)
	d.Stretch.Known, d.Stretch.Training = c.Levels, c.training
	load := func(e entry, use func(Image, eightbit.Traits)) error {
		at, file := place(e)
		return d.loadFrom(at)(file, use)
	}
	return &Images{
		config: c,
		source: &source{
			name: ".", entries: l.entries, leftOut: l.leftOut, load: load, decoder: &d,
			limit: c.limit(),
		},
	}, nil
}

// training is what the images that c names, on which a run was trained, say of black and white; nil
// where they are gone, or are no files of images.
func (c Config) training() *eightbit.Sight {
	if c.Path == "" {
		return nil
	}
	in, err := c.read(nil)
	if err != nil || in.train.decoder == nil {
		return nil
	}
	return &in.train.decoder.Stretch.Own
}

// listing is what OpenFiles gathers.
type listing struct {
	links   Links
	count   *count
	folders map[string]folder // open ones, by path
	entries []entry           // named as the user would write them
	leftOut []LeftOut
	places  []place // of each entry, by its record
}

// place is a file of an open folder.
type place struct {
	folder folder
	name   string
}

// add takes a file or a folder. A link that the user names may lead anywhere.
func (l *listing) add(shown string) error {
	real, err := filepath.EvalSymlinks(shown)
	if err != nil {
		return faultOf(shown, "", "%w", plain(err))
	}
	info, err := os.Stat(real)
	if err != nil {
		return faultOf(shown, "", "%w", plain(err))
	}
	if !info.IsDir() {
		f, err := l.open(filepath.Dir(real))
		l.put(shown, place{f, filepath.Base(real)})
		return err
	}
	f, err := l.open(real)
	if err != nil {
		return err
	}
	s, err := readImages(f, decoder{}, ".")
	if err != nil {
		return err
	}
	l.leftOut = append(l.leftOut, s.leftOut...)
	for _, e := range s.entries {
		l.put(filepath.Join(shown, filepath.FromSlash(e.name)), place{f, e.name})
	}
	return nil
}

func (l *listing) put(shown string, at place) {
	l.entries = append(l.entries, entry{name: shown, record: len(l.places)})
	l.places = append(l.places, at)
}

func (l *listing) open(dir string) (f folder, err error) {
	if open, ok := l.folders[dir]; ok {
		return open, nil
	}
	if f, err = openFolder(dir, l.links); err == nil {
		f.count = l.count
		l.folders[dir] = f
	}
	return f, err
}

// readImages is images without labels: the files below dir that are images by their name, sorted in
// each folder. None is an error.
func readImages(f folder, d decoder, dir string) (*source, error) {
	s, err := f.images(dir)
	if err == nil && len(s.entries) == 0 {
		err = faultOf(
			f.full(dir), "give a folder that has some, at any depth", "holds no image (%s)",
			strings.Join(imageTypes, " "),
		)
	}
	if err != nil {
		return nil, err
	}
	s.load, s.decoder = d.loadFrom(f), &d
	return s, nil
}

// images lists the images below dir, of which there may be none, as a split called train or as dir
// is.
func (f folder) images(dir string) (*source, error) {
	s := &source{name: dir}
	if dir == "." {
		s.name = "train"
	}
	return s, f.walk(s, dir, 0)
}

// Len is the number of files.
func (s *Images) Len() int { return len(s.source.entries) }

// Warnings tell what was left out, and what was found of the images that Each has given.
func (s *Images) Warnings() []string {
	lines := s.traits.Lines("images", true)
	if wide, is := s.traits[eightbit.Elongated]; is {
		lines = append(lines, eightbit.Tallies{eightbit.Elongated: wide}.Lines("images", false)...)
	}
	if len(s.source.leftOut) > 0 {
		lines = append(lines, countLeftOut(s.source.leftOut))
	}
	if s.source.decoder.Stretch.ByOwn() && s.traits[eightbit.Deep].Files > 0 {
		lines = append(lines, "images of more than 8 bits: what is black and white was chosen by "+
			"these images, as those of the training are not there or have 8 bits: set data.range")
	}
	return lines
}

// Each decodes the images in parallel and hands them to emit one by one in the order of their
// names. Files that data.on_error: skip leaves out are returned; more than data.bad_budget of them,
// or the first where the setting is fail, end the walk with fault.Data.
func (s *Images) Each(
	ctx context.Context, emit func(name string, img Image) error,
) ([]BadFile, error) {
	policy := newPolicy(s.config, s.folder, s.Len())
	err := s.source.scan(ctx, s.config.workers(), nil, func(one sample) error {
		if one.bad != nil {
			return policy.add(one)
		}
		s.traits.Add(one.traits, one.name)
		return emit(one.name, one.img)
	})
	return policy.bad, err
}
