package xla

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"cmae/internal/atomicfile"
	"cmae/internal/kernel/pjrt"
	"cmae/internal/system"
)

// cache keeps programs that took long to compile on disk, where the plugin can write them.
type cache struct {
	folder string // "" where there is none
	key    string // what, beside its text, a compiled program depends on
}

// worthKeeping is how long a program must have compiled to be kept.
const worthKeeping = time.Second

func newCache(c *pjrt.Client, flags pjrt.Options) cache {
	folder, err := system.CacheFolder()
	if err != nil {
		return cache{} // without a home every process compiles anew
	}
	key := fmt.Sprintln(c.Path, c.Version, c.Major, c.Minor, os.Getenv("XLA_FLAGS"))
	if file, err := os.Stat(c.Path); err == nil {
		key += fmt.Sprintln(file.Size(), file.ModTime().UnixNano())
	}
	if devices, err := c.Devices(); err == nil {
		key += fmt.Sprintln(devices[0].Kind)
	}
	for _, name := range slices.Sorted(maps.Keys(flags)) {
		key += fmt.Sprintln(name, flags[name])
	}
	return cache{filepath.Join(folder, "xla"), key}
}

// path is the file of a program, by its text.
func (c cache) path(text string) string {
	sum := sha256.Sum256([]byte(c.key + text))
	return filepath.Join(c.folder, hex.EncodeToString(sum[:]))
}

// load is a program that was kept, nil where there is none that loads.
func (c cache) load(client *pjrt.Client, text string) *pjrt.Program {
	if c.folder == "" {
		return nil
	}
	raw, err := os.ReadFile(c.path(text))
	if err != nil {
		return nil
	}
	p, err := client.Load(raw)
	if err != nil {
		return nil
	}
	return p
}

// keep writes a program that took so long. What cannot be kept is compiled again.
func (c cache) keep(p *pjrt.Program, text string, took time.Duration) {
	if c.folder == "" || took < worthKeeping {
		return
	}
	if raw, err := p.Serialized(); err == nil && os.MkdirAll(c.folder, 0o700) == nil {
		_ = atomicfile.Write(c.path(text), raw, 0o600)
	}
}
