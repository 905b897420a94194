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

	"github.com/google/renameio/v2"

	"cmae/internal/kernel/pjrt"
)

// cache compiles programs and keeps those that took long on disk, where the plugin can write them.
type cache struct {
	client *pjrt.Client
	flags  pjrt.Options
	folder string // "" where there is none
	key    string // what, beside its text, a compiled program depends on
}

// worthKeeping is how long a program must have compiled to be kept.
const worthKeeping = time.Second

func newCache(e *Engine) cache {
	c := cache{client: e.client, flags: e.flags}
	folder, err := os.UserCacheDir()
	if err != nil {
		return c // without a home every process compiles anew
	}
	c.folder = filepath.Join(folder, "cmae", "xla")
	file, _ := os.Stat(e.found.Path)
	c.key = fmt.Sprintln(e.found.Path, e.client.Version, e.client.Major, e.client.Minor)
	if file != nil {
		c.key += fmt.Sprintln(file.Size(), file.ModTime().UnixNano())
	}
	if devices, err := e.client.Devices(); err == nil {
		c.key += fmt.Sprintln(devices[0].Kind)
	}
	for _, name := range slices.Sorted(maps.Keys(c.flags)) {
		c.key += fmt.Sprintln(name, c.flags[name])
	}
	return c
}

// program is compiled, or as it was compiled before.
func (c cache) program(text string) (*pjrt.Program, error) {
	sum := sha256.Sum256([]byte(c.key + text))
	path := filepath.Join(c.folder, hex.EncodeToString(sum[:]))
	if c.folder != "" {
		if raw, err := os.ReadFile(path); err == nil {
			if p, err := c.client.Load(raw); err == nil {
				return p, nil
			}
		}
	}
	start := time.Now()
	p, err := c.client.Compile(text, c.flags)
	if err != nil || c.folder == "" || time.Since(start) < worthKeeping {
		return p, err
	}
	// what cannot be kept is compiled again
	if raw, err := p.Serialized(); err == nil && os.MkdirAll(c.folder, 0o700) == nil {
		_ = renameio.WriteFile(path, raw, 0o600)
	}
	return p, nil
}
