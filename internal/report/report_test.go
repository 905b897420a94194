package report

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// clocked is a console off a terminal whose clock the test turns.
func clocked(quiet bool) (*Console, *bytes.Buffer, *time.Time) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	c := NewConsole(&out, quiet)
	c.now = func() time.Time { return now }
	return c, &out, &now
}

func TestOffATerminalALineNowAndThen(t *testing.T) {
	c, out, now := clocked(false)
	task := c.Begin("pretrain", 0, 100)
	for i := 1; i <= 20; i++ {
		*now = now.Add(time.Second)
		task.Advance(i, "loss 1")
	}
	task.End()
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 4 || lines[0] != "pretrain 5/100  loss 1  eta 1m35s" {
		t.Errorf("20 steps of a second gave %q", lines)
	}
	if strings.ContainsAny(out.String(), "\r\x1b") {
		t.Error("control characters off a terminal")
	}
}

func TestATaskInsideAnother(t *testing.T) {
	c, out, _ := clocked(false)
	c.terminal = true
	outer := c.Begin("pretrain", 0, 10)
	outer.Advance(1, "loss 1")
	inner := c.Begin("boxes", 0, 100)
	inner.Advance(50, "images")
	c.Log("a line")
	inner.End()
	inner.End()
	if c.active != outer {
		t.Error("the outer task is not shown again")
	}
	outer.Advance(2, "loss 1")
	outer.End()
	if c.active != nil {
		t.Error("a task is shown after all have ended")
	}
	for _, text := range []string{"pretrain", "boxes  images", "a line\n"} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("%q lacks %q", out, text)
		}
	}
}

func TestQuietKeepsWarningsAndTheLog(t *testing.T) {
	c, out, _ := clocked(true)
	var log bytes.Buffer
	c.Attach(&log)
	c.Log("engine %s", "portable")
	c.Warn("slow")
	if out.String() != "warning: slow\n" {
		t.Errorf("shown: %q", out.String())
	}
	if want := "1970-01-01T00:00:00Z engine portable\n1970-01-01T00:00:00Z warning: slow\n"; log.String() != want {
		t.Errorf("logged: %q", log.String())
	}
}

func TestNilIsSilent(t *testing.T) {
	var c *Console
	c.Log("x")
	c.Warn("x")
	c.Attach(nil)
	task := c.Begin("x", 0, 1)
	task.Advance(1, "")
	task.End()
}
