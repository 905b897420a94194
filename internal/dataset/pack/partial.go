package pack

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"time"

	"cmae/internal/dataset/heif"
)

// flushEvery is how much decoding a killed process loses at most.
const flushEvery = time.Second

// Partial is a pack in the making from which a later process goes on. Only the process that has its
// journal locked touches it. A nil Partial keeps nothing.
type Partial struct {
	path    string // of the pack
	pixels  *os.File
	journal *os.File
	start   int64         // where the records begin in the journal
	out     *bufio.Writer // in front of pixels
	lines   []byte        // of records whose pixels may still be in out
	flushed time.Time
	whole   bool // it has become the pack
}

// Partial opens what an earlier process has left of the pack, or begins anew where that is of
// other data. It is nil where another process is at it, and where it cannot be.
func (f File) Partial(key string) *Partial {
	journal := claim(f.Path)
	if journal == nil {
		return nil
	}
	p := &Partial{path: f.Path, journal: journal, flushed: time.Now()}
	pixels, err := openRegular(f.Path + partExt)
	if err != nil {
		p.remove()
		return nil
	}
	p.pixels = pixels
	head, start, err := readJournalHead(journal)
	if p.start = start; err == nil && head.Key == key && !p.lacksLibrary() {
		return p
	}
	if err := p.begin(journalHead{Key: key, Source: f.Source}); err != nil {
		p.remove()
		return nil
	}
	return p
}

// begin empties both files.
func (p *Partial) begin(head journalHead) error {
	line, err := journalLine(head)
	if err != nil {
		return err
	}
	err = errors.Join(p.pixels.Truncate(0), p.journal.Truncate(0))
	if err == nil {
		_, err = p.journal.WriteAt(line, 0)
	}
	p.start = int64(len(line))
	return err
}

// lacksLibrary says that files were left out for want of a library that has come.
func (p *Partial) lacksLibrary() bool {
	for line := range p.records().all() {
		if lackingIn(line) {
			_, err := heif.Version()
			return err == nil
		}
	}
	return false
}

func (p *Partial) records() *journalReader {
	return newJournalReader(io.NewSectionReader(p.journal, p.start, 1<<62))
}

// Replay hands the records of at most n entries to use, in their order, with the pixels of each,
// which are only good until it returns. What follows the last sound record is cut off. It returns
// how many there were.
func (p *Partial) Replay(
	ctx context.Context, n int, use func(r Record, pix []byte),
) (done int, err error) {
	if p == nil {
		return 0, nil
	}
	info, err := p.pixels.Stat()
	if err != nil {
		return 0, UnwritableError{err}
	}
	at, line := int64(headerSize), p.start
	pixels := bufio.NewReaderSize(io.NewSectionReader(p.pixels, at, 1<<62), 1<<20)
	var buffer []byte
	lines := p.records()
	for text := range lines.all() {
		if ctx.Err() != nil {
			return done, ctx.Err()
		}
		var r Record
		if json.Unmarshal(text, &r) != nil || done == n || r.At != done ||
			!r.sound(info.Size()-at) {
			break
		}
		if cap(buffer) < r.Bytes {
			buffer = make([]byte, r.Bytes)
		}
		pix := buffer[:r.Bytes]
		if _, err := io.ReadFull(pixels, pix); err != nil || sumOf(pix) != r.Sum {
			break
		}
		use(r, pix)
		done, at, line = done+1, at+int64(r.Bytes), p.start+lines.read
	}
	if err := errors.Join(cut(p.pixels, at), cut(p.journal, line)); err != nil {
		return done, UnwritableError{err}
	}
	return done, nil
}

// cut ends a file at an offset, and goes there.
func cut(file *os.File, at int64) error {
	if err := file.Truncate(at); err != nil {
		return err
	}
	_, err := file.Seek(at, io.SeekStart)
	return err
}

// Note adds what became of the next entry, after its pixels were written.
func (p *Partial) Note(r Record) error {
	if p == nil {
		return nil
	}
	line, err := journalLine(r)
	if err != nil {
		return err
	}
	p.lines = append(p.lines, line...)
	if time.Since(p.flushed) < flushEvery {
		return nil
	}
	return p.flush()
}

// flush hands all to the system: the pixels first.
func (p *Partial) flush() error {
	if len(p.lines) == 0 {
		return nil
	}
	if err := p.out.Flush(); err != nil {
		return err
	}
	if _, err := p.journal.Write(p.lines); err != nil {
		return UnwritableError{err}
	}
	p.lines, p.flushed = p.lines[:0], time.Now()
	return nil
}

func (p *Partial) Write(data []byte) (int, error)             { return p.pixels.Write(data) }
func (p *Partial) WriteAt(data []byte, at int64) (int, error) { return p.pixels.WriteAt(data, at) }

// CloseAtomicallyReplace syncs the pixels and makes them the pack.
func (p *Partial) CloseAtomicallyReplace() error {
	if err := p.pixels.Sync(); err != nil {
		return err
	}
	if err := os.Rename(p.path+partExt, p.path); err != nil {
		return err
	}
	p.whole = true
	return nil
}

// end leaves the files to the next process. It removes those of a pack that is whole, that could
// not be written for err, or that have no record.
func (p *Partial) end(err error) {
	if p == nil {
		return
	}
	unwritable := UnwritableError{}
	if p.whole || errors.As(err, &unwritable) || p.flush() != nil || p.empty() {
		p.remove()
		return
	}
	p.close()
}

func (p *Partial) empty() bool {
	info, err := p.journal.Stat()
	return err != nil || info.Size() <= p.start
}

// remove deletes both files, the journal last, as it is the lock.
func (p *Partial) remove() {
	if !p.whole {
		_ = os.Remove(p.path + partExt) // what stays is not believed
	}
	_ = os.Remove(p.path + journalExt)
	p.close()
}

func (p *Partial) close() {
	if p.pixels != nil {
		p.pixels.Close()
	}
	p.journal.Close()
}

// size is how many bytes of pixels there are already.
func (p *Partial) size() int64 {
	if p == nil {
		return 0
	}
	info, err := p.pixels.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}
