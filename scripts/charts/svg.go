package main

import (
	"bytes"
	"fmt"
)

// A drawing leaves margin at each side and gap between its panels.
const margin, gap = 24, 28

// card begins a drawing: a white card, so that dark pages can show it too, and its title.
func card(b *bytes.Buffer, width, height int, title string) {
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" `+
		`font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif" `+
		`font-size="13" fill="#333" role="img" aria-label="%s">`+"\n", width, height, title)
	fmt.Fprintf(b, `<rect width="%d" height="%d" rx="8" fill="#fff"/>`+"\n", width, height)
	text(b, margin, 28, `font-size="15" font-weight="600"`, title)
}

func text(b *bytes.Buffer, x, y float64, style, s string) {
	if s != "" {
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" %s>%s</text>`+"\n", x, y, style, s)
	}
}
