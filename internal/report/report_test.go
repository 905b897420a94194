package report

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
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
		task.Advance(i, "loss 1", "9 img/s")
	}
	task.End()
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 4 || lines[0] != "pretrain 5/100  loss 1 9 img/s  eta 1m35s" {
		t.Errorf("20 steps of a second gave %q", lines)
	}
	if strings.ContainsAny(out.String(), "\r\x1b") {
		t.Error("control characters off a terminal")
	}
}

func TestWaitingIsToldInSeconds(t *testing.T) {
	c, out, now := clocked(false)
	tell := c.Waiting("compiling the step")
	for _, seconds := range []int{2, 20} {
		for s := 1; s <= seconds; s++ {
			*now = now.Add(time.Second)
			tell(time.Duration(s)*time.Second, false)
		}
		tell(time.Duration(seconds)*time.Second, true)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 3 || lines[0] != "compiling the step: 8 s" || c.active != nil {
		t.Errorf("2 seconds, and 20, gave %q", lines)
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
	// Each is drawn as it begins and again below a line; no time passes, so that steps alone are
	// not.
	want := []string{
		"pretrain 0/10   0% |                        |",
		"boxes 0/100   0% |                        |",
		"", "a line\nboxes 50/100  50% |████████████            |  images  eta 0s",
		"", "pretrain 1/10  10% |██                      |  loss 1  eta 0s",
		"",
	}
	if got := drawn(out); !slices.Equal(got, want) {
		t.Errorf("drawn\n%q, want\n%q", got, want)
	}
}

// drawn are the lines that a terminal showed, one in place of the other.
func drawn(out *bytes.Buffer) []string {
	lines := strings.Split(out.String(), erase)
	for i := range lines {
		lines[i] = strings.ReplaceAll(lines[i], "\r", "")
	}
	return lines[:len(lines)-1]
}

// TestLinesFit: the line is never longer than the terminal, which may become narrower at any time.
func TestLinesFit(t *testing.T) {
	c, out, now := clocked(false)
	c.terminal = true
	task := c.Begin("pretrain", 22, 1600)
	*now = now.Add(10 * time.Second)
	for _, want := range []struct {
		columns int
		line    string
	}{
		{
			200,
			"pretrain 32/1600   2% |                        |  loss 0.4312 812 img/s epoch 1/40 " +
				"lr 1.50e-04  eta 26m8s",
		},
		{
			90,
			"pretrain 32/1600   2% |        |  loss 0.4312 812 img/s epoch 1/40 " +
				"lr 1.50e-04  eta 26m8s",
		},
		{80, "pretrain 32/1600   2% |          |  loss 0.4312 812 img/s epoch 1/40  eta 26m8s"},
		{60, "pretrain 32/1600   2% |           |  loss 0.4312  eta 26m8s"},
		{50, "pretrain 32/1600  loss 0.4312  eta 26m8s"},
		{40, "pretrain 32/1600  eta 26m8s"},
		{20, "pretrain 32/1600"},
		{9, "pretrain"},
		{1, ""},
		{0, ""},
	} {
		c.columns = func() int { return want.columns }
		out.Reset()
		task.lastDraw = time.Time{}
		task.Advance(32, "loss 0.4312", "812 img/s", "epoch 1/40", "lr 1.50e-04")
		if got := drawn(out); !slices.Equal(got, []string{want.line}) {
			t.Errorf("%d columns: %q, want %q", want.columns, got, want.line)
		}
	}
	for columns := range 120 {
		if got := utf8.RuneCountInString(task.line(columns)); got > columns {
			t.Errorf("%d columns of %d", got, columns)
		}
	}
}

// TestABarIsCurrent: a step is drawn with its own count, at most ten a second, and the last one
// always.
func TestABarIsCurrent(t *testing.T) {
	c, out, now := clocked(false)
	c.terminal = true
	task := c.Begin("pretrain", 0, 100)
	for i := 1; i <= 100; i++ {
		*now = now.Add(30 * time.Millisecond)
		task.Advance(i)
	}
	lines := drawn(out)
	if want := 1 + 100/4 + 1; len(lines) > want || len(lines) < want-1 {
		t.Errorf("%d lines for 100 steps of 30 ms, want %d", len(lines), want)
	}
	if got := lines[1]; !strings.HasPrefix(got, "pretrain 4/100   4% |") {
		t.Errorf("second line %q", got)
	}
	if got := lines[len(lines)-1]; got != "pretrain 100/100 100% |████████████████████████|" {
		t.Errorf("last line %q", got)
	}
}

// TestLogIsTheSameOnATerminal: the log lacks nothing that is a bar there, and lines for the log
// alone are not shown.
func TestLogIsTheSameOnATerminal(t *testing.T) {
	var logs [2]bytes.Buffer
	for i, terminal := range []bool{false, true} {
		c, out, now := clocked(false)
		c.terminal = terminal
		c.Attach(&logs[i])
		task := c.Begin("pretrain", 0, 100)
		*now = now.Add(5 * time.Second)
		task.Advance(5, "loss 1")
		c.Record("epoch %d", 1)
		task.End()
		if strings.Contains(out.String(), "epoch") ||
			terminal == strings.Contains(out.String(), "\n") {
			t.Errorf("shown: %q", out)
		}
	}
	want := "1970-01-01T00:00:05Z pretrain 5/100  loss 1  eta 1m35s\n1970-01-01T00:00:05Z epoch 1\n"
	if logs[0].String() != want || logs[1].String() != want {
		t.Errorf("logged %q and on a terminal %q", logs[0].String(), logs[1].String())
	}
}

func TestCount(t *testing.T) {
	if got := Count(1, "step") + ", " + Count(2, "step"); got != "1 step, 2 steps" {
		t.Error(got)
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
	const want = "1970-01-01T00:00:00Z engine portable\n1970-01-01T00:00:00Z warning: slow\n"
	if log.String() != want {
		t.Errorf("logged: %q", log.String())
	}
}

func TestNilIsSilent(t *testing.T) {
	var c *Console
	c.Log("x")
	c.Warn("x")
	c.Record("x")
	c.Attach(nil)
	task := c.Begin("x", 0, 1)
	task.Advance(1, "")
	task.End()
}

// TestUnknownTotal: a task without a total says how much is done, without a bar or a share.
func TestUnknownTotal(t *testing.T) {
	c, out, now := clocked(false)
	task := c.Begin("list", 0, 0)
	for i := 1; i <= 12; i++ {
		*now = now.Add(time.Second)
		task.Advance(1000*i, "files")
	}
	if line := task.line(79); line != "list 12000  files" {
		t.Errorf("on a terminal %q", line)
	}
	task.End()
	if got := out.String(); got != "list 5000  files\nlist 10000  files\n" {
		t.Errorf("off a terminal %q", got)
	}
}
