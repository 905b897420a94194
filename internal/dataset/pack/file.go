package pack

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"cmae/internal/atomicfile"
	"cmae/internal/system"
)

// File is where a split is packed and what it must have been packed from.
type File struct {
	Path   string
	Source string   // the data folder
	Key    [32]byte // of all that its bytes depend on
}

// UnwritableError is what writing the packed file fails with, as opposed to decoding.
type UnwritableError struct{ Err error }

func (e UnwritableError) Error() string { return e.Err.Error() }

// Unwrap gives what the system said.
func (e UnwritableError) Unwrap() error { return e.Err }

// Open maps the file and checks it: its length before a byte is read, then header, key and sums (of
// pixels up to checkedPixels). It marks the file as used now. The mapping stays until the process
// ends, as sets alias it; the file is only ever replaced, never changed, so that it cannot shrink
// below us.
func (f File) Open() (*Images, error) {
	// before opening: opening a FIFO would block
	if info, err := os.Stat(f.Path); err == nil && !info.Mode().IsRegular() {
		return nil, errors.New("it is no regular file")
	}
	file, err := os.Open(f.Path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() < headerSize ||
		info.Size() != int64(int(info.Size())) {
		return nil, fmt.Errorf("%d bytes are no packed file", info.Size())
	}
	data, err := system.Map(file, int(info.Size()))
	if err != nil {
		return nil, fmt.Errorf("map: %w", err)
	}
	images, err := parse(data, f.Key)
	if err != nil {
		return nil, errors.Join(err, system.Unmap(data))
	}
	now := time.Now()
	_ = os.Chtimes(f.Path, now, now) // not on a disk that can only be read
	return images, nil
}

// Write packs the images that fill adds, of these classes, into kept, or a temporary file where it
// is nil, which is synced, then renamed, so that the file is there whole or not at all. Needed
// estimates the bytes of all pixels, 0 for few. What cannot be written is an UnwritableError.
func (f File) Write(
	ctx context.Context, classes []string, needed func() int64, kept *Partial,
	fill func(*Packer) error,
) (err error) {
	Sweep(filepath.Dir(f.Path))
	if free, known := freeBytes(f.Path); known {
		if err := fits(f.Path, needed()-kept.size(), free); err != nil {
			kept.end(nil) // there may be room later
			return UnwritableError{err}
		}
	}
	var file packFile = kept
	if kept == nil {
		pending, err := atomicfile.Create(f.Path)
		if err != nil {
			return UnwritableError{err}
		}
		defer pending.Cleanup() // does nothing after the rename
		if _, err := pending.Seek(headerSize, 0); err != nil {
			return UnwritableError{err}
		}
		file = pending
	}
	out := bufio.NewWriterSize(markedWriter{file}, 1<<20)
	if kept != nil {
		kept.out = out
		defer func() { kept.end(err) }()
	}
	p := NewPacker(out, classes)
	if err := fill(p); err != nil {
		return err
	}
	p.Index.Source = f.Source
	if err := f.finish(p, out, file); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := file.CloseAtomicallyReplace(); err != nil {
		return UnwritableError{err}
	}
	if err := system.SyncDir(filepath.Dir(f.Path)); err != nil {
		return UnwritableError{err}
	}
	return nil
}

// packFile is a file that becomes the pack when it is whole.
type packFile interface {
	io.Writer
	io.WriterAt
	CloseAtomicallyReplace() error
}

// finish writes what stands around the pixels.
func (f File) finish(p *Packer, out *bufio.Writer, file packFile) error {
	head, tail, err := p.encode(f.Key)
	if err != nil {
		return err
	}
	if _, err := out.Write(tail); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if _, err := file.WriteAt(head, 0); err != nil {
		return UnwritableError{err}
	}
	return nil
}

// Sweep removes what killed runs left of packed files in a folder, and none can go on from.
func Sweep(dir string) {
	atomicfile.Sweep(dir, func(name string) bool { return filepath.Ext(name) == Ext })
	sweepJournals(dir)
}

// markedWriter marks errors of writing.
type markedWriter struct{ file io.Writer }

func (w markedWriter) Write(data []byte) (int, error) {
	n, err := w.file.Write(data)
	if err != nil {
		err = UnwritableError{err}
	}
	return n, err
}

// Absent says that there simply is no usable file yet, which is nothing to warn about.
func Absent(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrStale) }
