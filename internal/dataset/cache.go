package dataset

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"cmae/internal/atomicfile"
	"cmae/internal/system"
)

// cacheFile is where a split is packed and what it must have been packed from.
type cacheFile struct {
	path   string
	source string // the data folder
	key    [32]byte
}

// cacheError is what writing the packed file fails with, as opposed to decoding.
type cacheError struct{ error }

// cacheFor names the file by what the user chose, so that other choices do not push each other out,
// and keys it by all that its bytes depend on.
func cacheFor(c Config, format Format, s *source, seed uint64) (cacheFile, error) {
	dir, err := c.cacheDir()
	if err != nil {
		return cacheFile{}, err
	}
	path, err := filepath.Abs(c.Path)
	if err != nil {
		return cacheFile{}, err
	}
	if c.Limit == 0 && c.PerClass == 0 {
		seed = 0 // it chose nothing
	}
	choice := fmt.Sprintf("%q %s %s %d %d %d", path, format, s.name, c.Limit, c.ImageSize, seed)
	if c.Holdout > 0 {
		choice += fmt.Sprintf(" %d", c.Holdout)
	}
	if c.PerClass > 0 {
		choice += fmt.Sprintf(" %d a class", c.PerClass)
	}
	if c.StoreSide > 0 {
		choice += fmt.Sprintf(" stored %d", c.StoreSide)
	}
	if c.Channels != 3 {
		choice += fmt.Sprintf(" channels %d", c.Channels)
	}
	if s.decoder != nil {
		choice += c.reading()
	}
	slot := sha256.Sum256([]byte(choice))
	name := fmt.Sprintf("%s-%s-%s.pack", filepath.Base(path), s.name, hex.EncodeToString(slot[:8]))

	key := sha256.New()
	fmt.Fprintf(
		key, "%s\n%d %v %s %v %q\n", choice, c.MaxPixels, c.Background, c.OnError, c.BadBudget,
		s.classes,
	)
	fmt.Fprintf(key, "%d %s %s\n", packVersion, runtime.Version(), imageVersion())
	if s.decoder != nil {
		fmt.Fprintf(key, "decoding %d\n", decodeVersion)
	}
	for _, e := range s.entries {
		fmt.Fprintf(key, "%q %d %q %v %v\n", e.name, e.label, e.stamp, e.box, e.err)
	}
	file := cacheFile{filepath.Join(dir, name), path, [32]byte(key.Sum(nil))}
	return file, os.MkdirAll(dir, 0o755)
}

// cacheDir is the folder of decoded images.
func (c Config) cacheDir() (string, error) {
	if c.CacheDir != "" {
		return c.CacheDir, nil
	}
	return system.CacheFolder()
}

// reading is how image files are read, where that is not the usual way.
func (c Config) reading() string {
	usual, text := Default(), ""
	if c.Range != usual.Range {
		text += fmt.Sprintf(" range %q", c.Range)
	}
	if c.Alpha != usual.Alpha {
		text += " alpha " + string(c.Alpha)
	}
	if c.ExifOrientation != usual.ExifOrientation {
		text += " as stored"
	}
	return text
}

// imageVersion is the version of the decoders that are not Go's own, where the binary knows it.
func imageVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, module := range info.Deps {
		if module.Path == "golang.org/x/image" {
			return module.Version
		}
	}
	return ""
}

// open maps the file and checks it: its length before a byte is read, then header, key and sums (of
// pixels up to checkedPixels). It marks the file as used now. The mapping stays until the process
// ends, as sets alias it; the file is only ever replaced, never changed, so that it cannot shrink
// below us.
func (f cacheFile) open() (*Set, error) {
	// before opening: opening a FIFO would block
	if info, err := os.Stat(f.path); err == nil && !info.Mode().IsRegular() {
		return nil, errors.New("it is no regular file")
	}
	file, err := os.Open(f.path)
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
	set, err := parsePack(data, f.key)
	if err != nil {
		return nil, errors.Join(err, system.Unmap(data))
	}
	now := time.Now()
	_ = os.Chtimes(f.path, now, now) // not on a disk that can only be read
	return set, nil
}

// write packs a split into the file: kept, or a temporary one where that is nil, synced, then
// renamed, so that it is there whole or not at all.
func (f cacheFile) write(
	ctx context.Context, s *source, kept *partial, fill func(*packer) error,
) (err error) {
	f.sweep()
	if free, known := freeBytes(f.path); known {
		if err := fits(f.path, s.bytesNeeded()-kept.size(), free); err != nil {
			kept.end(nil) // there may be room later
			return cacheError{err}
		}
	}
	var file packFile = kept
	if kept == nil {
		pending, err := atomicfile.Create(f.path)
		if err != nil {
			return cacheError{err}
		}
		defer pending.Cleanup() // does nothing after the rename
		if _, err := pending.Seek(headerSize, 0); err != nil {
			return cacheError{err}
		}
		file = pending
	}
	out := bufio.NewWriterSize(cacheWriter{file}, 1<<20)
	if kept != nil {
		kept.out = out
		defer func() { kept.end(err) }()
	}
	p := newPacker(out, s.classes)
	if err := fill(p); err != nil {
		return err
	}
	p.index.Source = f.source
	if err := f.finish(p, out, file); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := file.CloseAtomicallyReplace(); err != nil {
		return cacheError{err}
	}
	if err := system.SyncDir(filepath.Dir(f.path)); err != nil {
		return cacheError{err}
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
func (f cacheFile) finish(p *packer, out *bufio.Writer, file packFile) error {
	head, tail, err := p.encode(f.key)
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
		return cacheError{err}
	}
	return nil
}

// sweep removes what killed runs left of files of this folder, and none can go on from.
func (f cacheFile) sweep() {
	dir := filepath.Dir(f.path)
	atomicfile.Sweep(dir, func(name string) bool { return filepath.Ext(name) == ".pack" })
	sweepJournals(dir)
}

// cacheWriter marks errors of writing.
type cacheWriter struct{ file io.Writer }

func (w cacheWriter) Write(data []byte) (int, error) {
	n, err := w.file.Write(data)
	if err != nil {
		err = cacheError{err}
	}
	return n, err
}

// absent says that there simply is no usable file yet, which is nothing to warn about.
func absent(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, errStale) }
