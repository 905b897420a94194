package canvas

import "testing"

// TestUnknownLetters: letters that the font lacks stand as their codes, so that names stay
// different ones.
func TestUnknownLetters(t *testing.T) {
	p := newPen(regular(), 12)
	for text, want := range map[string]string{
		"Käse, été": "Käse, été", "猫 cat": "<732B> cat", "犬": "<72AC>", "a\tb\x1b": "a b<1B>",
	} {
		if got := p.known(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if p.width("猫") != p.width("<732B>") {
		t.Error("a letter is measured otherwise than it is drawn")
	}
}
