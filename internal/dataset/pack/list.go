package pack

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Listed is a packed file in the folder of decoded images.
type Listed struct {
	File   string    `json:"file"`
	Source string    `json:"source"` // the data folder; empty where the file does not say
	Images int       `json:"images"`
	Bytes  int64     `json:"bytes"`
	Used   time.Time `json:"used"`           // last opened
	Gone   bool      `json:"gone,omitempty"` // the data folder is no longer there
	Broken string    `json:"broken,omitempty"`
	// a decode that ended early, from which the next one goes on
	Partial bool `json:"partial,omitempty"`
}

// List lists the packed files of a folder, the last used first.
func List(dir string) (list []Listed, err error) {
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		info, err := file.Info()
		ext := filepath.Ext(file.Name())
		if _, part := packOf(file.Name()); part && ext == partExt {
			ext = Ext
		}
		if err == nil && info.Mode().IsRegular() && ext == Ext {
			list = append(list, describe(filepath.Join(dir, file.Name()), info))
		}
	}
	slices.SortStableFunc(list, func(a, b Listed) int {
		return cmp.Or(b.Used.Compare(a.Used), cmp.Compare(a.File, b.File))
	})
	return list, nil
}

// describe reads what a packed file says of itself, without its pixels.
func describe(path string, info fs.FileInfo) Listed {
	one := Listed{File: path, Bytes: info.Size(), Used: info.ModTime()}
	var err error
	if pack, part := packOf(path); part {
		one.Partial = true
		one.Source, one.Images, err = describePartial(pack)
	} else {
		var ix Index
		ix, err = readIndex(path, info.Size())
		one.Source, one.Images = ix.Source, len(ix.Names)
	}
	if err != nil {
		one.Source, one.Images, one.Broken = "", 0, err.Error()
	} else if one.Source != "" {
		_, err := os.Stat(one.Source)
		one.Gone = errors.Is(err, fs.ErrNotExist)
	}
	return one
}

// readIndex reads header and index of a packed file.
func readIndex(path string, size int64) (Index, error) {
	file, err := os.Open(path)
	if err != nil {
		return Index{}, withoutPath(err)
	}
	defer file.Close()
	var h header
	head := make([]byte, headerSize)
	if _, err := io.ReadFull(file, head); err != nil {
		return Index{}, fmt.Errorf("%d bytes are no packed file", size)
	}
	if _, err := binary.Decode(head, binary.LittleEndian, &h); err != nil {
		return Index{}, err
	}
	if err := h.check(head, size); err != nil {
		return Index{}, err
	}
	text := make([]byte, h.IndexBytes)
	if _, err := file.ReadAt(text, size-int64(len(text))); err != nil {
		return Index{}, withoutPath(err)
	}
	if crc32.Checksum(text, castagnoli) != h.IndexCRC {
		return Index{}, errChecksum
	}
	var ix Index
	return ix, json.Unmarshal(text, &ix)
}

// Remove removes a listed file and reports whether it did: a process that is decoding keeps its
// partial file. One that has the file open keeps its images.
func Remove(one Listed) (removed bool, err error) {
	if pack, part := packOf(one.File); part {
		return removePartial(pack, nil), nil
	}
	if err := os.Remove(one.File); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	return true, nil
}

// withoutPath strips operation and path from a file error.
func withoutPath(err error) error {
	if pathErr, ok := err.(*fs.PathError); ok {
		return pathErr.Err
	}
	return err
}
