package page

import (
	"encoding/base64"
	"html/template"
	"net/http"
)

// Block is a part of a section.
type Block interface{ template() string }

// Text is a paragraph.
type Text string

// Facts are a list of terms with what there is to say of each.
type Facts []Fact

// Fact is one of them.
type Fact struct{ Term, Value string }

// Figures are a few numbers to be seen first.
type Figures []Figure

// Figure is a number, what it is, and what to hold it against.
type Figure struct{ Value, Name, Note string }

// Table is rows of cells. A click on a head sorts it.
type Table struct {
	Caption string
	Head    []string
	Rows    [][]Cell
	Long    bool // rows beyond the first are folded away
}

// Cell is one of a table. A number stands to the right; Strong marks the row's or column's best;
// Bar is a share of 1 that is drawn behind it.
type Cell struct {
	Text           string
	Number, Strong bool
	Bar            float64
}

// Words makes cells of words.
func Words(texts ...string) (cells []Cell) {
	for _, t := range texts {
		cells = append(cells, Cell{Text: t})
	}
	return cells
}

// Numbers makes cells of numbers.
func Numbers(texts ...string) (cells []Cell) {
	for _, t := range texts {
		cells = append(cells, Cell{Text: t, Number: true})
	}
	return cells
}

// Pictures stand beside each other where there is room.
type Pictures []Picture

// Picture is an image with what is to be said of it.
type Picture struct {
	Alt, Caption string
	Image        []byte // PNG, JPEG
}

// URI is the image as an address.
func (p Picture) URI() template.URL { return URI(p.Image) }

// URI is an image file as an address.
func URI(image []byte) template.URL {
	kind := http.DetectContentType(image)
	return template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(image))
}

// Charts are drawings beside each other, as many in a row as have room.
type Charts struct {
	Legend []Key
	SVG    []template.HTML
}

// Key is a line of a legend.
type Key struct {
	Sample template.HTML // as it is drawn
	Name   string
}

// Beside are blocks beside each other where there is room.
type Beside []Block

// Code is text as it was typed or written, folded away under a title where it has one.
type Code struct{ Title, Text string }

// HTML is a block that is made elsewhere, with a script where it needs one.
type HTML struct {
	Body   template.HTML
	Script template.JS
}

func (Text) template() string     { return "text" }
func (Facts) template() string    { return "facts" }
func (Figures) template() string  { return "figures" }
func (Table) template() string    { return "table" }
func (Beside) template() string   { return "beside" }
func (Pictures) template() string { return "pictures" }
func (Charts) template() string   { return "charts" }
func (Code) template() string     { return "code" }
func (HTML) template() string     { return "html" }
func (Matrix) template() string   { return "matrix" }
