package report

import "testing"

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"cat, \"a\" \\ é 猫 😀.png": "cat, \"a\" \\ é 猫 😀.png",
		"a\n\x1b[31mb\r\t\x00":    `a\n\x1b[31mb\r\t\x00`,
		"u\u202egnp":              `u\u202egnp`,
		"花\u3000子\u00a0👩\u200d🔬":  "花\u3000子\u00a0👩\u200d🔬",
		"\u009b\u2028\xe9\ufffd":  `\u009b\u2028\xe9` + "\ufffd",
	} {
		if got := Printable(text); got != want {
			t.Errorf("%q: %s", text, got)
		}
	}
}

// TestALineStaysOne: what the console is told cannot move the cursor or begin another line.
func TestALineStaysOne(t *testing.T) {
	c, out, _ := clocked(false)
	c.Warn("left out %s", "a\n\x1b[2J.png")
	if got, want := out.String(), "warning: left out a\\n\\x1b[2J.png\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
