package dataset

import (
	"io/fs"
	"iter"
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

// mostBeside is how many files and folders beside the splits are looked at.
const mostBeside = 20_000

// besideSplits warns of images that lie in no folder, or in folders that are none of the splits,
// and that no split has read through a link. Links are not followed there, but noted.
func (f folder) besideSplits(s *source, splits []string, others ...*source) {
	var images []string
	looked, counts := 0, map[string]int{}
	var read map[string]bool // the folders that the splits have read, once it is asked for
	_ = fs.WalkDir(f.files, ".", func(name string, e fs.DirEntry, err error) error {
		top, _, _ := strings.Cut(name, "/")
		if looked++; looked > mostBeside {
			return fs.SkipAll
		}
		switch {
		case name == ".":
		case err != nil || debris(e.Name()) || slices.Contains(splits, top):
			if e.IsDir() {
				return fs.SkipDir
			}
		case e.IsDir():
			if read == nil {
				read = f.readFolders(append(others, s)...)
			}
			if read[realPath(f.full(name))] {
				return fs.SkipDir
			}
		case isImage(name):
			images = append(images, name)
		case e.Type() != fs.ModeSymlink:
		case f.isFolder(name):
			s.leftOut = append(s.leftOut, LeftOut{name, besideSplit})
		case f.unfollowed(name) != "":
			s.leftOut = append(s.leftOut, LeftOut{name, f.unfollowed(name)})
		}
		return nil
	})
	images = f.unread(images, append(others, s)...)
	for _, name := range images {
		top, _, nested := strings.Cut(name, "/")
		if !nested {
			top = "the folder itself"
		}
		counts[shown(top)]++
	}
	if len(images) > 0 {
		least := ""
		if looked > mostBeside {
			least = "at least "
		}
		s.warn(
			"left out %s%s beside the splits (%s); to train on them, set data.path to where they are, "+
				"or data.format to images to take all there are without labels",
			least, report.Count(len(images), "image"), most(counts),
		)
	}
}

// unread leaves out the images that entries of sources, links themselves, lead to.
func (f folder) unread(images []string, sources ...*source) []string {
	if len(images) == 0 {
		return nil
	}
	read := map[string]bool{}
	for e := range entriesOf(sources) {
		if f.isLink(e.name) {
			read[realPath(f.full(e.name))] = true
		}
	}
	if len(read) == 0 {
		return images
	}
	return slices.DeleteFunc(images, func(name string) bool { return read[realPath(f.full(name))] })
}

// readFolders are the folders that entries of sources lie in, by where they really are.
func (f folder) readFolders(sources ...*source) map[string]bool {
	names, read := map[string]bool{}, map[string]bool{}
	for e := range entriesOf(sources) {
		if dir := path.Dir(e.name); !names[dir] {
			names[dir], read[realPath(f.full(dir))] = true, true
		}
	}
	return read
}

// entriesOf are the entries of sources, of which some may be nil.
func entriesOf(sources []*source) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		for _, s := range sources {
			if s == nil {
				continue
			}
			for _, e := range s.entries {
				if !yield(e) {
					return
				}
			}
		}
	}
}
