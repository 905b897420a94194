// Package page writes HTML pages that hold all they need: style, pictures, charts and the few
// scripts are inside, so that a page is one file to send to somebody. It knows kinds of blocks and
// nothing of runs.
//
// Reading order: page.go (a page), block.go (what it is made of), matrix.go (confusions), number.go
// (how numbers are written); page.html, page.css, page.js.
package page

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"os"
	"path/filepath"

	"cmae/internal/atomicfile"
)

// Page is one HTML file.
type Page struct {
	Title    string
	Lead     string // a sentence or two: what this is
	Sections []Section
	Foot     string // who wrote it, and when
}

// Section is a heading with blocks below it. One without blocks is left out.
type Section struct {
	ID, Title string
	Blocks    []Block
}

// Add appends a section unless it is empty.
func (p *Page) Add(id, title string, blocks ...Block) {
	if len(blocks) > 0 {
		p.Sections = append(p.Sections, Section{id, title, blocks})
	}
}

//go:embed page.html page.css page.js
var files embed.FS

// Write writes the page whole or not at all, and the folders above it.
func (p Page) Write(path string) error {
	var text bytes.Buffer
	err := p.render(&text)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o755)
	}
	if err == nil {
		err = atomicfile.Write(path, text.Bytes(), 0o644)
	}
	if err != nil {
		return fmt.Errorf("page: write %q: %w", path, err)
	}
	return nil
}

func (p Page) render(to *bytes.Buffer) error {
	t := template.New("page.html")
	t.Funcs(template.FuncMap{
		"show": func(b Block) (template.HTML, error) {
			var text bytes.Buffer
			err := t.ExecuteTemplate(&text, b.template(), b)
			return template.HTML(text.String()), err // by the same templates, which escape
		},
		"json": func(v any) (string, error) {
			text, err := json.Marshal(v)
			return string(text), err
		},
		"style":  func() template.CSS { return template.CSS(asset("page.css")) },
		"script": func() template.JS { return template.JS(asset("page.js")) },
	})
	if _, err := t.ParseFS(files, "page.html"); err != nil {
		panic(fmt.Sprintf("page: embedded template: %v", err))
	}
	return t.Execute(to, p)
}

// asset is an embedded file.
func asset(name string) string {
	text, err := files.ReadFile(name)
	if err != nil {
		panic(fmt.Sprintf("page: embedded file: %v", err))
	}
	return string(text)
}
