package dataset

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

// Cached is a packed file in the folder of decoded images.
type Cached struct {
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

// Cache lists the decoded images that c keeps, the last used first, and says in which folder.
func Cache(c Config) (dir string, list []Cached, err error) {
	if dir, err = c.cacheDir(); err != nil {
		return "", nil, err
	}
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return dir, nil, nil
	}
	if err != nil {
		return "", nil, faultOf(dir, "check data.cache_dir", "%w", plain(err))
	}
	for _, file := range files {
		info, err := file.Info()
		ext := filepath.Ext(file.Name())
		if _, part := packOf(file.Name()); part && ext == partExt {
			ext = ".pack"
		}
		if err == nil && info.Mode().IsRegular() && ext == ".pack" {
			list = append(list, describe(filepath.Join(dir, file.Name()), info))
		}
	}
	slices.SortStableFunc(list, func(a, b Cached) int {
		return cmp.Or(b.Used.Compare(a.Used), cmp.Compare(a.File, b.File))
	})
	return dir, list, nil
}

// describe reads what a packed file says of itself, without its pixels.
func describe(path string, info fs.FileInfo) Cached {
	one := Cached{File: path, Bytes: info.Size(), Used: info.ModTime()}
	var err error
	if pack, part := packOf(path); part {
		one.Partial = true
		one.Source, one.Images, err = describePartial(pack)
	} else {
		var ix index
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
func readIndex(path string, size int64) (index, error) {
	file, err := os.Open(path)
	if err != nil {
		return index{}, plain(err)
	}
	defer file.Close()
	var h header
	head := make([]byte, headerSize)
	if _, err := io.ReadFull(file, head); err != nil {
		return index{}, fmt.Errorf("%d bytes are no packed file", size)
	}
	if _, err := binary.Decode(head, binary.LittleEndian, &h); err != nil {
		return index{}, err
	}
	if err := h.check(head, size); err != nil {
		return index{}, err
	}
	text := make([]byte, h.IndexBytes)
	if _, err := file.ReadAt(text, size-int64(len(text))); err != nil {
		return index{}, plain(err)
	}
	if crc32.Checksum(text, castagnoli) != h.IndexCRC {
		return index{}, errChecksum
	}
	var ix index
	return ix, json.Unmarshal(text, &ix)
}

// Prune removes the listed files that drop picks, and what killed decodes have left and none can go
// on from. It returns what it removed. A process that has one of them open keeps its images, and
// one that is decoding keeps its partial file.
func Prune(c Config, drop func(Cached) bool) (removed []Cached, err error) {
	dir, list, err := Cache(c)
	if err != nil {
		return nil, err
	}
	cacheFile{path: filepath.Join(dir, "any.pack")}.sweep()
	for _, one := range list {
		if !drop(one) {
			continue
		}
		if pack, part := packOf(one.File); part {
			if removePartial(pack, nil) {
				removed = append(removed, one)
			}
			continue
		}
		if err := os.Remove(one.File); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return removed, faultOf(one.File, "", "cannot be removed: %w", plain(err))
		}
		removed = append(removed, one)
	}
	return removed, nil
}
