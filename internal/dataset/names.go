package dataset

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// shown is a file's name as reports and results have it: bytes that are no UTF-8, such as Latin-1
// from an archive, stand as \xE9, so that names stay apart.
func shown(name string) string {
	if utf8.ValidString(name) {
		return name
	}
	var text strings.Builder
	for i, r := range name {
		_, size := utf8.DecodeRuneInString(name[i:])
		if r == utf8.RuneError && size == 1 {
			fmt.Fprintf(&text, `\x%02X`, name[i])
		} else {
			text.WriteString(name[i : i+size])
		}
	}
	return text.String()
}

// sameName is what names have in common that a person cannot tell apart: Macs store an accent
// beside its letter (NFD), others in one character (NFC).
func sameName(name string) string { return shown(norm.NFC.String(name)) }
