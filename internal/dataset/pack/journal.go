package pack

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"os"

	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset/eightbit"
)

// A journal is lines of JSON, each behind its sum: a head, then a record an entry, in order.

// journalHead says what a partial pack is of.
type journalHead struct {
	Key    string `json:"key"`
	Source string `json:"source"` // the data folder
}

// Record is what became of an entry of a split.
type Record struct {
	At int `json:"at"` // its index in the split

	// the image, or the substitute of a bad one; no bytes where there is none
	Width  int                 `json:"width,omitempty"`
	Height int                 `json:"height,omitempty"`
	Bytes  int                 `json:"bytes,omitempty"`
	Sum    uint32              `json:"sum,omitempty"` // of the pixels
	Box    contrastivecrop.Box `json:"box,omitzero"`
	Traits []eightbit.Trait    `json:"traits,omitempty"`

	Bad     *Bad `json:"bad,omitempty"`
	Lacking bool `json:"lacking,omitempty"` // bad for want of a library
}

// RecordOf describes an image.
func RecordOf(at int, one Image) Record {
	return Record{
		At: at, Width: one.Width, Height: one.Height, Bytes: len(one.Pix),
		Sum: sumOf(one.Pix), Box: one.Box, Traits: one.Traits.List,
	}
}

// sound says whether a record is possible where so many bytes of pixels are left.
func (r Record) sound(left int64) bool {
	if r.Bytes == 0 {
		return r.Bad != nil
	}
	if r.Bytes < 0 || int64(r.Bytes) > left || r.Width <= 0 || r.Height <= 0 ||
		r.Width > r.Bytes/r.Height || r.Bytes%(r.Width*r.Height) != 0 {
		return false
	}
	return r.Bad == nil || r.Bad.Substitute != ""
}

func sumOf(data []byte) uint32 { return crc32.Checksum(data, castagnoli) }

// journalLine is a line that holds v.
func journalLine(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "%08x %s\n", sumOf(text), text), nil
}

// longestLine bounds a line: names and reasons are far shorter.
const longestLine = 1 << 20

// journalReader reads lines as long as they are whole.
type journalReader struct {
	from *bufio.Reader
	read int64 // bytes of the lines so far
}

func newJournalReader(from io.Reader) *journalReader {
	return &journalReader{from: bufio.NewReaderSize(from, longestLine)}
}

// all gives the JSON of each line, good until the next, up to the first that is torn or damaged.
func (r *journalReader) all() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for {
			line, err := r.from.ReadSlice('\n')
			if err != nil {
				return
			}
			sum, text, _ := bytes.Cut(line[:len(line)-1], []byte(" "))
			if string(sum) != fmt.Sprintf("%08x", sumOf(text)) {
				return
			}
			r.read += int64(len(line))
			if !yield(text) {
				return
			}
		}
	}
}

// lackingIn is Record.Lacking without reading all of it: quotes inside of texts are escaped.
func lackingIn(text []byte) bool { return bytes.HasSuffix(text, []byte(`,"lacking":true}`)) }

// readJournalHead gives the head, and where the records begin.
func readJournalHead(journal io.ReaderAt) (head journalHead, start int64, err error) {
	lines := newJournalReader(io.NewSectionReader(journal, 0, longestLine))
	for text := range lines.all() {
		return head, lines.read, json.Unmarshal(text, &head)
	}
	return head, 0, errors.New("damaged journal")
}

// describePartial says what a partial pack is of, and of how many files.
func describePartial(pack string) (source string, files int, err error) {
	journal, err := os.Open(pack + journalExt)
	if err != nil {
		return "", 0, fmt.Errorf("its journal: %w", withoutPath(err))
	}
	defer journal.Close()
	head, start, err := readJournalHead(journal)
	if err != nil {
		return "", 0, err
	}
	for range newJournalReader(io.NewSectionReader(journal, start, 1<<62)).all() {
		files++
	}
	return head.Source, files, nil
}
