package dataset

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"

	"cmae/internal/dataset/pack"
	"cmae/internal/system"
)

// cacheFor names the file by what the user chose, so that other choices do not push each other out,
// and keys it by all that its bytes depend on.
func cacheFor(c Config, format Format, s *source, seed uint64) (pack.File, error) {
	dir, err := c.cacheDir()
	if err != nil {
		return pack.File{}, err
	}
	path, err := filepath.Abs(c.Path)
	if err != nil {
		return pack.File{}, err
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
	name := fmt.Sprintf(
		"%s-%s-%s%s", filepath.Base(path), s.name, hex.EncodeToString(slot[:8]), pack.Ext,
	)

	key := sha256.New()
	fmt.Fprintf(
		key, "%s\n%d %v %s %v %q\n", choice, c.MaxPixels, c.Background, c.OnError, c.BadBudget,
		s.classes,
	)
	fmt.Fprintf(key, "%d %s %s\n", pack.Version, runtime.Version(), imageVersion())
	if s.decoder != nil {
		fmt.Fprintf(key, "decoding %d\n", decodeVersion)
	}
	for _, e := range s.entries {
		fmt.Fprintf(key, "%q %d %q %v %v\n", e.name, e.label, e.stamp, e.box, e.err)
	}
	file := pack.File{
		Path: filepath.Join(dir, name), Source: path, Key: [32]byte(key.Sum(nil)),
	}
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

// partialKey is what all in a partial pack depends on: what the pack does, and what a pack is
// believed by besides its key.
func (o *opener) partialKey(f pack.File, s *source) string {
	text := fmt.Sprintf("partial 1 %x", f.Key)
	if o.substitutes(s) != nil {
		text += fmt.Sprintf(" seed %d", o.seed)
	}
	if s.decoder != nil {
		text += " levels " + s.decoder.Stretch.Own.Basis
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Cache lists the decoded images that c keeps, the last used first, and says in which folder.
func Cache(c Config) (dir string, list []pack.Listed, err error) {
	if dir, err = c.cacheDir(); err != nil {
		return "", nil, err
	}
	if list, err = pack.List(dir); err != nil {
		return "", nil, faultOf(dir, "check data.cache_dir", "%w", plain(err))
	}
	return dir, list, nil
}

// Prune removes the listed files that drop picks, and what killed decodes have left and none can go
// on from. It returns what it removed. A process that has one of them open keeps its images, and
// one that is decoding keeps its partial file.
func Prune(c Config, drop func(pack.Listed) bool) (removed []pack.Listed, err error) {
	dir, list, err := Cache(c)
	if err != nil {
		return nil, err
	}
	pack.Sweep(dir)
	for _, one := range list {
		if !drop(one) {
			continue
		}
		gone, err := pack.Remove(one)
		if err != nil {
			return removed, faultOf(one.File, "", "cannot be removed: %w", plain(err))
		}
		if gone {
			removed = append(removed, one)
		}
	}
	return removed, nil
}
