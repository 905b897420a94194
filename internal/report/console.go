// Package report shows a person how far a run is: on a terminal a progress bar, off one a line
// every few seconds. The run's train.log gets every line, the same on a terminal or off one.
// Results go to stdout elsewhere; all of this goes to stderr.
//
// Reading order: console.go (lines), task.go (progress), line.go (what of it a terminal has room
// for), printable.go (names that a terminal is spared).
package report

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// Console writes progress and log lines. A nil Console is silent. It is safe for concurrent use.
type Console struct {
	mu       sync.Mutex
	out      io.Writer
	terminal bool
	quiet    bool
	log      io.Writer // the run's train.log, or nil
	every    time.Duration
	now      func() time.Time
	columns  func() int // of the terminal, as wide as it is now
	active   *Task
}

const (
	// between two progress lines off a terminal and in the log
	logInterval  = 5 * time.Second
	drawInterval = 100 * time.Millisecond // between two looks of a bar
	usualColumns = 80                     // of a terminal that does not say how wide it is
)

// NewConsole writes to out. Bars are drawn when out is a terminal that can redraw a line and no CI;
// quiet leaves only warnings.
func NewConsole(out io.Writer, quiet bool) *Console {
	c := &Console{
		out: out, quiet: quiet, every: logInterval, now: time.Now,
		columns: func() int { return usualColumns },
	}
	if f, ok := out.(*os.File); ok {
		c.terminal = term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" &&
			os.Getenv("CI") == ""
		c.columns = func() int {
			if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
				return columns
			}
			return usualColumns
		}
	}
	return c
}

// Attach also writes every line to log, with the time in front, until it is attached to another or
// nil.
func (c *Console) Attach(log io.Writer) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log = log
}

// Log writes a line.
func (c *Console) Log(format string, args ...any) { c.line(!c.isQuiet(), "", format, args...) }

// Warn writes a line even when quiet.
func (c *Console) Warn(format string, args ...any) { c.line(true, "warning: ", format, args...) }

// Record writes a line to the log alone: what the terminal shows in another way, or would be
// flooded by.
func (c *Console) Record(format string, args ...any) { c.line(false, "", format, args...) }

func (c *Console) isQuiet() bool { return c == nil || c.quiet }

func (c *Console) line(show bool, prefix, format string, args ...any) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.write(show, prefix+fmt.Sprintf(format, args...))
}

// write writes a line to the log, and above the bar if it is to be shown.
func (c *Console) write(show bool, text string) {
	text = Printable(text)
	if c.log != nil {
		fmt.Fprintf(c.log, "%s %s\n", c.now().UTC().Format(time.RFC3339), text)
	}
	if !show {
		return
	}
	if c.active != nil {
		c.active.clear()
	}
	fmt.Fprintln(c.out, text)
	if c.active != nil {
		c.active.draw()
	}
}

// Count is a number of things in words: "1 step", "2 steps", "3 classes".
func Count(n int, thing string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(thing, "s"):
		thing += "es"
	default:
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

// AndMore ends a list that n of its items are left out of: " and 3 more", "" for none.
func AndMore(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}
