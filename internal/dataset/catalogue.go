package dataset

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// catalogue finds images by what a list calls them. Its indices are made when they are needed.
type catalogue struct {
	base    string // from where the list names files; else it names them from the data folder on
	entries []entry
	others  map[string]string // files that are called as no image, by their names as spelled
	indices [len(ways)]map[string]int
}

// ambiguous is the place of a name that several images have.
const ambiguous = -2

// ways are what an image may be called, tried in turn: its path as it is, however its accents are
// stored, without extension, and its name alone, with and without.
var ways = [...]func(name string) string{
	func(name string) string { return name },
	spelled,
	func(name string) string { return spelled(stem(name)) },
	func(name string) string { return spelled(path.Base(name)) },
	func(name string) string { return spelled(stem(path.Base(name))) },
}

// alone is the first of the ways that asks for no folder.
const alone = 3

// spelled is a name whatever system stored it: accents in one character (NFC), Latin-1 as UTF-8.
func spelled(name string) string { return norm.NFC.String(decoded(name)) }

func stem(name string) string { return strings.TrimSuffix(name, path.Ext(name)) }

// find gives the place of an image among the entries, by its name from base or the data folder on,
// -1 where there is none. Several that fit are an error.
func (c *catalogue) find(listed, base string) (int, error) {
	names := []string{listed}
	for _, plain := range []string{slashed(listed), slashed(strings.TrimSpace(listed))} {
		if !slices.Contains(names, plain) {
			names = append(names, plain)
		}
	}
	for way := range ways {
		if c.indices[way] == nil {
			c.index(way)
		}
		for _, name := range names {
			for _, from := range []string{base, "."} {
				at := path.Join(from, name)
				if way >= alone {
					at = name
				}
				if way > 0 {
					at = spelled(at)
				}
				if place, found := c.indices[way][at]; found && place == ambiguous {
					return 0, fmt.Errorf("several images are called %q", listed)
				} else if found {
					return place, nil
				}
			}
		}
	}
	return -1, nil
}

func (c *catalogue) index(way int) {
	c.indices[way] = make(map[string]int, len(c.entries))
	for i, e := range c.entries {
		key := ways[way](e.name)
		if _, twice := c.indices[way][key]; twice {
			i = ambiguous
		}
		c.indices[way][key] = i
	}
}
