package report

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable is a text, often the name of a file or a class, for a line of a terminal or a log. What
// would split the line, move the cursor or change what is seen stands as in a Go string: \n, \x1b.
func Printable(text string) string {
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		part := text[:size]
		if text = text[size:]; !shows(r) || r == utf8.RuneError && size == 1 {
			quoted := strconv.Quote(part)
			part = quoted[1 : len(quoted)-1]
		}
		b.WriteString(part)
	}
	return b.String()
}

// shows reports whether a rune stays where it is and alone: what is printed, spaces of any width,
// and what joins the runes beside it, as in Persian words and emoji.
func shows(r rune) bool {
	const joiner, nonJoiner = '\u200d', '\u200c'
	return unicode.IsPrint(r) || unicode.Is(unicode.Zs, r) || r == joiner || r == nonJoiner
}

// Quoted is a word as a shell takes it.
func Quoted(word string) string {
	const special = " \t\n'\"\\$`&|;<>()*?[]#~!{}"
	if word != "" && !strings.ContainsAny(word, special) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
