package dataset

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"cmae/internal/report"
)

// besideClasses notes what lies in dir beside the folders of classes. Images are warned of: someone
// without classes may miss them.
func (f folder) besideClasses(s *source, dir string) error {
	files, err := f.list(dir)
	images := 0
	for _, file := range files {
		switch name := path.Join(dir, file.Name()); {
		case f.isFolder(name):
		case isImage(name):
			images++
		default:
			(&walker{folder: f, source: s}).leaveOut(name, file.Type() == fs.ModeSymlink)
		}
	}
	if images > 0 {
		s.warn(
			"left out %s in %s itself, beside the folders of classes; to take all images without "+
				"labels, set data.path to it and data.format to images",
			report.Count(images, "image"), f.full(dir),
		)
	}
	return err
}

// besideSplits warns of images that lie in no folder, or in folders that are none of the splits.
// Links are not followed there, but noted.
func (f folder) besideSplits(s *source, splits []string) {
	images, counts := 0, map[string]int{}
	_ = fs.WalkDir(f.files, ".", func(name string, e fs.DirEntry, err error) error {
		top, _, nested := strings.Cut(name, "/")
		switch {
		case name == ".":
		case err != nil || debris(e.Name()) || slices.Contains(splits, top):
			if e.IsDir() {
				return fs.SkipDir
			}
		case e.IsDir():
		case isImage(name):
			if images++; !nested {
				top = "the folder itself"
			}
			counts[shown(top)]++
		case e.Type() != fs.ModeSymlink:
		case f.isFolder(name):
			s.leftOut = append(s.leftOut, LeftOut{name, besideSplit})
		case f.unfollowed(name) != "":
			s.leftOut = append(s.leftOut, LeftOut{name, f.unfollowed(name)})
		}
		return nil
	})
	if images > 0 {
		s.warn(
			"left out %s beside the splits (%s); to train on them, set data.path to where they are, "+
				"or data.format to images to take all there are without labels",
			report.Count(images, "image"), most(counts),
		)
	}
}
