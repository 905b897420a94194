package dataset

import (
	"context"
	"io/fs"
	"path"
	"strings"
)

// Images is a folder of images without labels, however they are nested. They are decoded when they are walked through.
type Images struct {
	config Config
	folder folder
	source *source
}

// OpenImages lists the images below dir by name. Of c it takes what concerns files: background, on_error, bad_budget, max_pixels, workers
// and image_size, which bounds how large an image stays. A folder without images is ErrData.
func OpenImages(c Config, dir string) (*Images, error) {
	f, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	d := decoder{maxPixels: c.MaxPixels, background: c.Background}
	s := &source{name: ".", load: d.loadFrom(f), limit: 2 * c.ImageSize}
	err = fs.WalkDir(f.files, ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fault(f.full(name), "", "%w", plain(err))
		case name != "." && strings.HasPrefix(path.Base(name), ".") || e.Name() == "__MACOSX":
			if e.IsDir() {
				return fs.SkipDir
			}
		case !e.IsDir() && isImage(name):
			s.entries = append(s.entries, entry{name: name})
		case !e.IsDir():
			s.ignored++
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(s.entries) == 0 {
		return nil, fault(dir, "give a folder that has some, at any depth", "holds no image (%s)", strings.Join(imageTypes, " "))
	}
	return &Images{c, f, s}, nil
}

// Len is the number of files that are images by their name.
func (s *Images) Len() int { return len(s.source.entries) }

// Each decodes the images in parallel and hands them to emit one by one in the order of their names. Files that data.on_error: skip leaves
// out are returned; more than data.bad_budget of them, or the first where the setting is fail, end the walk with ErrData.
func (s *Images) Each(ctx context.Context, emit func(name string, img Image) error) ([]BadFile, error) {
	policy := newPolicy(s.config, s.folder, s.Len())
	err := s.source.scan(ctx, s.config.workers(), func(one sample) error {
		if one.bad != nil {
			return policy.add(one)
		}
		return emit(one.name, one.img)
	})
	return policy.bad, err
}
