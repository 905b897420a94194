package dataset

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Links says which symbolic links are followed.
type Links string

// The choices. Links that stay inside the data folder are always followed.
const (
	LinksInside  Links = "inside"  // no others
	LinksFolders Links = "folders" // those to folders, wherever they lead
	LinksAll     Links = "all"     // those to files as well
)

// tree is the files below a folder, and below those that links from it lead to. Names may hold any
// bytes, which fs.FS of the standard library refuse. What it opens it opens by os.Root, so that no
// other link leads out.
type tree struct {
	root    *os.Root
	follows Links
	linked  map[string]string // real folders, by the name of the link
}

var (
	_ fs.StatFS    = (*tree)(nil)
	_ fs.ReadDirFS = (*tree)(nil)
)

// Open opens a file or a folder.
func (t *tree) Open(name string) (fs.File, error) {
	return inTree(t, name, (*os.Root).Open, os.Open)
}

// Stat follows links.
func (t *tree) Stat(name string) (fs.FileInfo, error) {
	return inTree(t, name, (*os.Root).Stat, os.Stat)
}

// ReadDir lists a folder by name.
func (t *tree) ReadDir(name string) ([]fs.DirEntry, error) {
	dir, err := inTree(t, name, (*os.Root).Open, os.Open)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	entries, err := dir.ReadDir(-1)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int {
		return strings.Compare(a.Name(), b.Name())
	})
	return entries, err
}

// inTree does something in the root that name lies in, and anywhere where that is allowed.
func inTree[T any](
	t *tree, name string, do func(*os.Root, string) (T, error), outside func(string) (T, error),
) (T, error) {
	root, rest := t.root, name
	for at := name; len(t.linked) > 0 && at != "."; at = path.Dir(at) {
		real, ok := t.linked[at]
		if !ok {
			continue
		}
		linked, err := os.OpenRoot(real) // there may be more of them than files may be open
		if err != nil {
			return *new(T), err
		}
		defer linked.Close()
		root, rest = linked, strings.TrimPrefix(strings.TrimPrefix(name, at), "/")
		break
	}
	if rest == "" {
		rest = "."
	}
	result, err := do(root, rest)
	if leaves(err) && t.follows == LinksAll {
		return outside(filepath.Join(root.Name(), rest))
	}
	return result, err
}

// leaves says that a link was not followed because it leads out.
func leaves(err error) bool { return err != nil && strings.Contains(err.Error(), "escapes") }

// isFolder says whether a folder, or a link to one that is followed, is at name.
func (f folder) isFolder(name string) bool {
	info, err := fs.Stat(f.files, name)
	if leaves(err) && f.link(name) {
		info, err = fs.Stat(f.files, name)
	}
	return err == nil && info.IsDir()
}

// link makes a link that leads out to a folder one of the tree, where that is allowed.
func (f folder) link(name string) bool {
	t, ok := f.files.(*tree)
	if !ok || t.follows == LinksInside {
		return false
	}
	real, err := filepath.EvalSymlinks(f.full(name))
	if err != nil {
		return false
	}
	info, err := os.Stat(real)
	if err != nil || !info.IsDir() {
		return false
	}
	t.linked[name] = real
	return true
}

// isLink says whether a symbolic link is at name.
func (f folder) isLink(name string) bool {
	info, err := os.Lstat(f.full(name))
	return err == nil && info.Mode().Type() == fs.ModeSymlink
}

// broken says why a link leads to nothing that can be looked at; nil where it leads to something,
// wherever that is, or where there is no link.
func (f folder) broken(name string) error {
	if !f.isLink(name) {
		return nil
	}
	_, err := os.Stat(f.full(name))
	return plain(err)
}

// hides says whether a link that is not followed leads to a folder.
func (f folder) hides(name string) bool {
	info, err := os.Stat(f.full(name))
	return err == nil && info.IsDir() && !f.isFolder(name)
}

// unreadable is the fault of a name that cannot be looked at, with what to do about a link.
func (f folder) unreadable(name string, err error) error {
	broken := f.broken(name)
	switch {
	case broken != nil:
		return faultOf(
			f.full(name), "remove it, or bring back what it leads to",
			"is a link that cannot be followed: %w", broken,
		)
	case leaves(err) && f.hides(name):
		return faultOf(
			f.full(name), "copy the folder to its place, or set data.links to folders",
			"is a link that leaves the data folder",
		)
	case leaves(err):
		return faultOf(
			f.full(name), "copy what it leads to into the folder, or set data.links to all",
			"is a link that leaves the data folder",
		)
	}
	return faultOf(f.full(name), "", "%w", plain(err))
}
