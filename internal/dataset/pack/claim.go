package pack

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"cmae/internal/system"
)

// Ext is how the name of a pack ends.
const Ext = ".pack"

// The names of the two files of a pack in the making are the name of the pack and these.
const (
	partExt    = ".part"    // the pixels, where the pack will have them
	journalExt = ".journal" // what belongs to them
)

// packOf is the pack that a file of a partial one belongs to.
func packOf(name string) (pack string, is bool) {
	pack = strings.TrimSuffix(strings.TrimSuffix(name, journalExt), partExt)
	return pack, pack != name && filepath.Ext(pack) == Ext
}

// openRegular opens a file to read and write, or makes it. Links are not followed, and a FIFO is
// not waited for.
func openRegular(path string) (*os.File, error) {
	file, err := system.OpenPlain(path)
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		file.Close()
		return nil, errors.Join(err, errors.New("it is no regular file"))
	}
	return file, nil
}

// claim opens and locks the journal of a pack; nil where another process has it, or where files
// cannot be locked.
func claim(pack string) *os.File {
	path := pack + journalExt
	for range 3 { // as another process may remove it before the lock
		file, err := openRegular(path)
		if err != nil {
			return nil
		}
		err = system.Lock(file, system.Try)
		info, wrong := file.Stat()
		if err != nil || wrong != nil {
			if !errors.Is(err, system.ErrLocked) && wrong == nil && info.Size() == 0 { // no locks here
				_ = os.Remove(path)
			}
			file.Close()
			return nil
		}
		if now, err := os.Lstat(path); err == nil && os.SameFile(info, now) {
			return file
		}
		file.Close()
	}
	return nil
}

// removePartial removes what is left of a pack in the making and reports whether it did: while a
// process is at it, or where keep says so of its head, it does not. A nil keep keeps none.
func removePartial(pack string, keep func(journalHead) bool) bool {
	journal := claim(pack)
	if journal == nil {
		return false
	}
	p := &Partial{path: pack, journal: journal}
	if head, _, err := readJournalHead(journal); keep != nil && err == nil && keep(head) {
		p.close()
		return false
	}
	p.remove()
	return true
}

// DropPartial removes a partial pack of what is whole by now.
func (f File) DropPartial(key string) {
	if _, err := os.Lstat(f.Path + journalExt); err == nil {
		removePartial(f.Path, func(head journalHead) bool { return head.Key != key })
	}
}

// sweepJournals removes those in a folder that have no pixels beside them.
func sweepJournals(dir string) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, file := range files {
		if pack, is := packOf(file.Name()); is && strings.HasSuffix(file.Name(), journalExt) {
			pack = filepath.Join(dir, pack)
			if _, err := os.Lstat(pack + partExt); errors.Is(err, fs.ErrNotExist) {
				removePartial(pack, nil)
			}
		}
	}
}
