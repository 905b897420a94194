package dataset

import (
	"cmp"
	"io/fs"
	"path"
	"path/filepath"
)

// walker lists images at any depth. A folder is walked once, whatever links lead to it.
type walker struct {
	folder
	source *source
	label  int
	seen   map[string]bool // folders, by where they really are
	links  []string        // to folders, met on the way
}

// walk adds the images below dir to a source: those in folders in the order of names, then those
// that links to folders lead to.
func (f folder) walk(s *source, dir string, label int) error {
	w := walker{folder: f, source: s, label: label, seen: map[string]bool{}}
	if err := w.walk(dir); err != nil {
		return err
	}
	for len(w.links) > 0 {
		link := w.links[0]
		w.links = w.links[1:]
		if w.seen[realPath(w.full(link))] {
			s.leftOut = append(s.leftOut, LeftOut{link, readAlready})
		} else if err := w.walk(link); err != nil {
			return err
		}
	}
	return nil
}

// realPath is where a folder really is, so that two ways to it are known to be one.
func realPath(name string) string {
	if whole, err := filepath.Abs(name); err == nil {
		name = whole // or a link to a whole path leads to another name than the folder's own
	}
	real, err := filepath.EvalSymlinks(name)
	if err != nil {
		return name
	}
	return real
}

func (w *walker) walk(dir string) error {
	real := realPath(w.full(dir))
	return fs.WalkDir(w.files, dir, func(name string, e fs.DirEntry, err error) error {
		linked := e != nil && e.Type() == fs.ModeSymlink
		switch {
		case err != nil:
			return faultOf(w.full(name), "", "%w", plain(err))
		case name == dir || e.IsDir():
			at := path.Join(real, name[min(len(name), len(dir)):])
			if dir == "." {
				at = path.Join(real, name)
			}
			if name != dir && debris(e.Name()) || w.seen[at] {
				return fs.SkipDir
			}
			w.seen[at] = true
		case debris(e.Name()):
		case isImage(name):
			w.source.entries = append(w.source.entries, w.entry(name, w.label, e))
		case linked && w.isFolder(name):
			w.links = append(w.links, name)
		default:
			w.leaveOut(name, linked)
		}
		return nil
	})
}

// leaveOut notes a file that is not taken, or a link that is not followed.
func (w *walker) leaveOut(name string, linked bool) {
	reason := noImagesName
	if path.Ext(name) == "" {
		reason = noExtension
	}
	if linked {
		reason = cmp.Or(w.unfollowed(name), reason)
	}
	w.source.leftOut = append(w.source.leftOut, LeftOut{name, reason})
}

// unfollowed is the reason why a link is not followed, "" where it is.
func (f folder) unfollowed(name string) string {
	if f.broken(name) != nil {
		return leadsNowhere
	}
	if _, err := fs.Stat(f.files, name); leaves(err) {
		return leadsOut
	}
	return ""
}
