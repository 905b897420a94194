package canvas

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// The fonts are part of the binary.
var (
	regular = sync.OnceValue(func() *opentype.Font { return parse(goregular.TTF) })
	bold    = sync.OnceValue(func() *opentype.Font { return parse(gobold.TTF) })
)

func parse(ttf []byte) *opentype.Font {
	f, err := opentype.Parse(ttf)
	if err != nil {
		panic(fmt.Sprintf("canvas: embedded font: %v", err))
	}
	return f
}

// pen writes lines of text of one size. It is for one goroutine.
type pen struct {
	font   *opentype.Font
	face   font.Face
	height int // of a line, in pixels
	ascent int
}

func newPen(f *opentype.Font, pixels float64) *pen {
	face, err := opentype.NewFace(
		f, &opentype.FaceOptions{Size: pixels, DPI: 72, Hinting: font.HintingFull},
	)
	if err != nil {
		panic(fmt.Sprintf("canvas: embedded font: %v", err))
	}
	m := face.Metrics()
	return &pen{f, face, (m.Ascent + m.Descent).Ceil() + 2, m.Ascent.Ceil()}
}

func (p *pen) width(text string) int { return font.MeasureString(p.face, p.known(text)).Ceil() }

// known is a text in the letters that the font has. Others stand as their codes: names in Arabic,
// Chinese or emoji cannot be read so, but they can be told apart.
func (p *pen) known(text string) string {
	var b strings.Builder
	var buffer sfnt.Buffer
	for _, letter := range text {
		if unicode.IsSpace(letter) {
			letter = ' '
		}
		if i, err := p.font.GlyphIndex(&buffer, letter); err == nil && i > 0 {
			b.WriteRune(letter)
		} else {
			fmt.Fprintf(&b, "<%X>", letter)
		}
	}
	return b.String()
}

// wrap breaks text into lines of at most the given width, between words where it can and within a
// word where it must.
func (p *pen) wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		word = p.known(word)
		if longer := strings.TrimSpace(line + " " + word); p.width(longer) <= width {
			line = longer
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for line = word; p.width(line) > width; {
			cut := p.fitting(line, width)
			lines, line = append(lines, line[:cut]), line[cut:]
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// shorten cuts a text that is wider than width, and says so.
func (p *pen) shorten(text string, width int) string {
	text = p.known(text)
	if p.width(text) <= width {
		return text
	}
	return text[:p.fitting(text, width-p.width("…"))] + "…"
}

// fitting is the length in bytes of the longest beginning of text that is not wider than width: one
// letter at least.
func (p *pen) fitting(text string, width int) int {
	fits := 0
	for at, letter := range text {
		end := at + len(string(letter))
		if fits > 0 && p.width(text[:end]) > width {
			break
		}
		fits = end
	}
	return fits
}

// write puts lines below each other, the top left corner of the first at (x, y), and returns the y
// below the last.
func (p *pen) write(dst *image.RGBA, x, y int, ink color.Color, lines ...string) int {
	d := font.Drawer{Dst: dst, Src: image.NewUniform(ink), Face: p.face}
	for _, line := range lines {
		d.Dot = fixed.P(x, y+p.ascent)
		d.DrawString(p.known(line))
		y += p.height
	}
	return y
}

// centre puts lines below each other, each in the middle of the width that begins at x.
func (p *pen) centre(dst *image.RGBA, x, y, width int, ink color.Color, lines ...string) {
	for _, line := range lines {
		y = p.write(dst, x+(width-p.width(line))/2, y, ink, line)
	}
}

// Note writes a word in white on a dark strip at the foot of a tile, as much of it as has room.
func Note(tile *image.RGBA, text string) {
	p := newPen(regular(), 11)
	strip := image.Rect(tile.Rect.Min.X, tile.Rect.Max.Y-p.height, tile.Rect.Max.X, tile.Rect.Max.Y)
	draw.Draw(tile, strip, image.NewUniform(color.NRGBA{0, 0, 0, 0xb0}), image.Point{}, draw.Over)
	p.write(tile, strip.Min.X+2, strip.Min.Y, white, p.shorten(text, strip.Dx()-4))
}
