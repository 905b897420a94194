package page

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// example has a block of every kind.
func example(t *testing.T) Page {
	t.Helper()
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	p := Page{Title: "A <run>", Lead: "What it is.", Foot: "Written."}
	p.Add("one", "One", Text("a < b"), Facts{{"CPU", "fast"}}, Figures{{"93.1 %", "kNN", "chance"}})
	p.Add("two", "Two",
		Table{
			Head: []string{"class", "n"},
			Rows: [][]Cell{{{Text: "x"}, {Text: "5", Number: true, Bar: .5}}},
		},
		Beside{
			Matrix{Classes: []string{"a", "b"}, Counts: [][]int{{3, 1}, {0, 4}}}, Text("beside"),
		},
		Pictures{{Alt: "alt", Caption: "caption", Image: picture.Bytes()}})
	p.Add(
		"three", "Three", Charts{Legend: []Key{{Name: "key"}}, SVG: nil}, Code{"Folded", "text"},
		HTML{Body: "<b id=raw></b>"},
	)
	p.Add("four", "Nothing")
	return p
}

func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "below", "page.html")
	if err := example(t).Write(path); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	for _, want := range []string{
		"<h1>A &lt;run&gt;</h1>", "a &lt; b", "<dt>CPU</dt>", "<b>93.1 %</b>", `style="--bar:0.5"`,
		"b taken for b: 4 of 4", "data:image/png;base64,", "<summary>Folded</summary>",
		"<b id=raw></b>",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, not := range []string{"Nothing", "ZgotmplZ"} {
		if strings.Contains(text, not) {
			t.Errorf("the page has %q", not)
		}
	}
	// a page that shows everything without a network names no address to load from
	if load := regexp.MustCompile(`(src|href)="(https?:)?//`).FindString(text); load != "" {
		t.Errorf("the page loads %s", load)
	}
}

func TestMatrix(t *testing.T) {
	m := Matrix{Classes: []string{"a", "b", "c"}, Counts: [][]int{{8, 2, 0}, {5, 5, 0}, {0, 0, 0}}}
	got := m.Mistakes(5)
	if len(got) != 2 || got[0] != (Mistake{"b", "a", 5, 10}) || got[1].Share() != .2 {
		t.Errorf("mistakes %v", got)
	}
	rows := m.Table()
	if rows[0].Cells[0].Text != "80" || rows[2].Cells[1].Text != "" {
		t.Errorf("rows %v", rows)
	}
	if !strings.HasPrefix(string(m.URI()), "data:image/png;base64,") {
		t.Error("a large matrix is no picture")
	}
}

func TestNumbers(t *testing.T) {
	for got, want := range map[string]string{
		Percent(.9312): "93.1 %", Points(-.012): "−1.2", Points(.012): "+1.2", Count(9999): "9999",
		Count(1234567): "1,234,567", Grouped(9999): "9,999", Grouped(999): "999",
		Number(1.23456): "1.235", Number(.0001): "1.00e-04", Number(0): "0",
		Duration(59 * time.Second): "59 s", Duration(90 * time.Second): "1 min 30 s",
		Duration(3 * time.Hour): "3 h 0 min", Bytes(16 << 30): "16 GiB",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
