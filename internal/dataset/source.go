package dataset

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"cmae/internal/dataset/eightbit"
)

// source is one split before decoding.
type source struct {
	name     string   // "train", "val", "test"
	classes  []string // none for images without labels
	entries  []entry
	leftOut  []LeftOut // besides those that cannot be decoded
	warnings []string  // what a user should know of it
	load     load
	decoder  *decoder // of image files; nil for other formats
	// shorter side to which larger images are reduced; 0 for none
	limit int
}

func (s *source) warn(format string, args ...any) {
	s.warnings = append(s.warnings, fmt.Sprintf(format, args...))
}

// load decodes an image and hands it to use, which keeps of it what it needs: the next may have to
// wait for its memory. It is safe for concurrent use.
type load func(e entry, use func(Image, eightbit.Traits)) error

// entry is one image to be.
type entry struct {
	name   string // path inside the folder, or file[record]
	label  int
	stamp  string // changes when the bytes do
	record int    // index in the file, for formats with many images a file
	box    pixelBox
	err    error // known to be bad before decoding
}

// pixelBox is an annotation as files give it: indices of the first and last column and row. The
// zero value is none.
type pixelBox struct{ left, top, right, bottom int }

// fractions converts to parts of a width by height image; a box without area is none.
func (b pixelBox) fractions(width, height int) Box {
	left, right := max(b.left, 0), min(b.right, width)
	top, bottom := max(b.top, 0), min(b.bottom, height)
	if left >= right || top >= bottom {
		return Box{}
	}
	w, h := float32(width), float32(height)
	return Box{
		Top: float32(top) / h, Left: float32(left) / w, Bottom: float32(bottom) / h,
		Right: float32(right) / w,
	}
}

// folder is a directory whose regular files can be read, and nothing outside it.
type folder struct {
	// files is not embedded: fs.Stat(folder) would then not find its Stat, and open the file
	// instead.
	files fs.FS
	path  string // for messages
	count *count // of files that were looked at; nil for none
}

// count tells how many files were listed.
type count struct {
	files int
	tell  func(files int)
}

func (c *count) add() {
	if c != nil {
		c.files++
		c.tell(c.files)
	}
}

// restart is for a second look at the same files.
func (c *count) restart() {
	if c != nil {
		c.files = 0
	}
}

func openFolder(dir string, links Links) (folder, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return folder{}, faultOf(
			dir, "check data.path, or leave it empty for the embedded set", "%w", plain(err),
		)
	}
	if !info.IsDir() {
		return folder{}, faultOf(
			dir, "set data.path to the unpacked folder", "is a file, not a folder",
		)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return folder{}, faultOf(dir, "", "%w", plain(err))
	}
	files := &tree{root, links, map[string]string{}} // root closes itself when unreachable
	return folder{files: files, path: dir}, nil
}

// openCounted is openFolder for a folder that tells listed, if that is not nil, of its files.
func openCounted(dir string, links Links, listed func(files int)) (folder, error) {
	f, err := openFolder(dir, links)
	if listed != nil {
		f.count = &count{tell: listed}
	}
	return f, err
}

// full is the path of a file in the folder as the user would write it.
func (f folder) full(name string) string { return filepath.Join(f.path, filepath.FromSlash(name)) }

// has says whether name exists, or is a link that cannot be followed, which whoever reads it tells.
func (f folder) has(name string) bool {
	_, err := fs.Stat(f.files, name)
	return err == nil || f.isLink(name)
}

// list gives the entries of a directory by name, without clutter.
func (f folder) list(dir string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(f.files, dir)
	if err != nil {
		return nil, faultOf(f.full(dir), "check data.path and data.format", "%w", plain(err))
	}
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
		return debris(e.Name())
	}), nil
}

// debris is what file managers and archivers leave behind.
func debris(name string) bool {
	return strings.HasPrefix(name, ".") || name == "__MACOSX" ||
		strings.EqualFold(name, "Thumbs.db")
}

// folders gives the names of the directories inside dir, sorted. A link to a folder that is not
// followed would make a class vanish, and one called like a split that leads nowhere the split: it
// is a fault, unless it is called like an image, which is looked at as such.
func (f folder) folders(dir string) ([]string, error) {
	entries, err := f.list(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		if f.isFolder(name) {
			names = append(names, e.Name())
		} else if e.Type() == fs.ModeSymlink && !isImage(name) {
			if f.hides(name) || dir == "." && isSplit(name) && f.broken(name) != nil {
				_, err := f.regular(name)
				return nil, err
			}
		}
	}
	return names, nil
}

// read gives a regular file's bytes. It never opens anything else: opening a pipe would block, a
// device may act.
func (f folder) read(name string, maxBytes int64) ([]byte, error) {
	info, err := f.regular(name)
	if err != nil {
		return nil, err
	}
	return f.readAll(name, info.Size(), maxBytes)
}

// readAll is read of a regular file of known size.
func (f folder) readAll(name string, size, maxBytes int64) ([]byte, error) {
	if size > maxBytes {
		return nil, faultOf(
			f.full(name), "", "has %d bytes, more than the %d allowed", size, maxBytes,
		)
	}
	file, err := f.files.Open(name)
	if err != nil {
		return nil, faultOf(f.full(name), "", "%w", plain(err))
	}
	defer file.Close()
	data := make([]byte, size)
	if _, err := io.ReadFull(file, data); err != nil {
		return nil, faultOf(f.full(name), "", "%w", plain(err))
	}
	return data, nil
}

// regular is Stat that refuses what is no regular file.
func (f folder) regular(name string) (fs.FileInfo, error) {
	info, err := fs.Stat(f.files, name)
	switch {
	case err != nil:
		return nil, f.unreadable(name, err)
	case info.IsDir():
		return nil, faultOf(f.full(name), "", "is a folder, not a file")
	case !info.Mode().IsRegular():
		return nil, faultOf(f.full(name), "", "is not a regular file (%v)", info.Mode().Type())
	}
	return info, nil
}

// lines are a small text file's lines as spelled has them, without a byte-order mark, carriage
// returns and empty ones; nil when the file is absent.
func (f folder) lines(name string) ([]string, error) {
	if !f.has(name) {
		return nil, nil
	}
	data, err := f.read(name, 64<<20)
	if err != nil {
		return nil, err
	}
	var lines []string
	for line := range strings.Lines(strings.TrimPrefix(spelled(string(data)), "\ufeff")) {
		if line = strings.TrimRight(line, " \t\r\n"); line != "" {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// plain strips operation and path from a file error: our own message has them.
func plain(err error) error {
	if pathErr, ok := err.(*fs.PathError); ok {
		return pathErr.Err
	}
	return err
}
