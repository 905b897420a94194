// Licences writes which modules are linked into cmae and under which licences: docs/licences.md as
// a table, cmd/cmae/licences.txt with the texts, which the binary prints.
//
//	go run ./scripts/licences
package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

const tablePath, textsPath = "docs/licences.md", "cmd/cmae/licences.txt"

// chosen are the licences of modules that leave a choice.
var chosen = map[string]string{"github.com/golang/freetype": "licenses/ftl.txt"}

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

func run(root string) error {
	table, texts, err := generate(root)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(root, tablePath), table, 0o644),
		os.WriteFile(filepath.Join(root, textsPath), texts, 0o644),
	)
}

// part is a module, or something else that is in the binary, with the files that say how it may be
// used.
type part struct {
	name, version, sum string
	files              []string
	ids                []string // of licences, as SPDX calls them
}

// generate makes both files for the module in root.
func generate(root string) (table, texts []byte, err error) {
	parts, err := linked(root)
	if err != nil {
		return nil, nil, err
	}
	parts = append(parts, part{
		name: "Fashion-MNIST (a part of it is embedded)", version: "-", sum: "-",
		files: []string{filepath.Join(root, "internal/dataset/fashion/LICENSE")},
	})
	byText := map[string][]string{} // to who has the same
	var order []string
	for i := range parts {
		p := &parts[i]
		for _, file := range p.files {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, nil, err
			}
			for _, m := range licensecheck.Scan(text).Match {
				if !slices.Contains(p.ids, m.ID) {
					p.ids = append(p.ids, m.ID)
				}
			}
			key := strings.TrimSpace(strings.ReplaceAll(string(text), "\r", ""))
			if byText[key] == nil {
				order = append(order, key)
			}
			if who := p.name + " " + p.version; !slices.Contains(byText[key], who) {
				byText[key] = append(byText[key], who)
			}
		}
		if len(p.ids) == 0 {
			return nil, nil, fmt.Errorf(
				"%s %s has no licence that is known, in %q: see to it by hand", p.name, p.version,
				p.files,
			)
		}
	}
	var out bytes.Buffer
	for _, text := range order {
		fmt.Fprintf(
			&out, "%s\n%s\n\n%s\n\n", strings.Repeat("=", 80), strings.Join(byText[text], "\n"),
			text,
		)
	}
	return tableOf(parts), out.Bytes(), nil
}

func tableOf(parts []part) []byte {
	var out bytes.Buffer
	out.WriteString(`# Licences of what is in the binary

cmae itself is under the Apache License 2.0 (LICENSE). Linked into it, or embedded, are the parts
below; ` + "`cmae version --licences`" + ` prints their texts. ` + "`make licences`" + ` writes this page.

| part | version | licence | sum |
| --- | --- | --- | --- |
`)
	for _, p := range parts {
		ids := strings.Join(p.ids, ", ")
		fmt.Fprintf(&out, "| %s | %s | %s | %s |\n", p.name, p.version, ids, p.sum)
	}
	return out.Bytes()
}

// linked lists Go's library and the modules of the binary for Linux.
func linked(root string) ([]part, error) {
	list := exec.Command("go", "list", "-deps", "-json=Dir,Module,Standard", "./cmd/cmae")
	list.Dir = root
	list.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	sums, err := readSums(filepath.Join(root, "go.sum"))
	if err != nil {
		return nil, err
	}
	goRoot := exec.Command("go", "env", "GOROOT")
	goRoot.Dir = root
	library, err := goRoot.Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	all := map[string]*part{"": {
		name: "Go's library", version: "-", sum: "-",
		files: []string{filepath.Join(strings.TrimSpace(string(library)), "LICENSE")},
	}}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var pkg struct {
			Dir      string
			Standard bool
			Module   *struct {
				Path, Version, Dir string
				Main               bool
			}
		}
		if err := d.Decode(&pkg); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		m := pkg.Module
		if pkg.Standard || m == nil || m.Main {
			continue
		}
		p := all[m.Path]
		if p == nil {
			p = &part{name: m.Path, version: m.Version, sum: sums[m.Path+" "+m.Version]}
			all[m.Path] = p
			if file, ok := chosen[m.Path]; ok {
				p.files = append(p.files, filepath.Join(m.Dir, file))
			}
		}
		if err := p.addFiles(m.Dir, pkg.Dir); err != nil {
			return nil, err
		}
	}
	var parts []part
	for _, p := range all {
		slices.Sort(p.files)
		parts = append(parts, *p)
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.name, b.name) })
	return parts, nil
}

var licenceFile = regexp.MustCompile(`(?i)^(un)?licen[sc]e|^copying|^copyright|^notice`)

// addFiles adds the licences of a package's folder and of those above it in its module.
func (p *part) addFiles(root, dir string) error {
	for ; strings.HasPrefix(dir, root); dir = filepath.Dir(dir) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			path := filepath.Join(dir, e.Name())
			if e.Type().IsRegular() && licenceFile.MatchString(e.Name()) &&
				filepath.Ext(path) != ".go" && !slices.Contains(p.files, path) {
				p.files = append(p.files, path)
			}
		}
	}
	return nil
}

// readSums reads go.sum: of each module and version the sum of its files.
func readSums(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	sums := map[string]string{}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			return nil, fmt.Errorf("%s: %q is no line of sums", path, line)
		}
		sums[fields[0]+" "+fields[1]] = fields[2]
	}
	return sums, nil
}
