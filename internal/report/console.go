// Package report shows a person how far a run is: on a terminal a progress bar, off one a log line every few seconds, in the run's
// train.log every line. Results go to stdout elsewhere; all of this goes to stderr.
package report

import (
	"fmt"
	"io"
	"os"
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
	active   *Task
}

// logInterval is the time between two progress lines off a terminal.
const logInterval = 5 * time.Second

// NewConsole writes to out. Bars are drawn when out is a terminal that can redraw a line and no CI; quiet leaves only warnings.
func NewConsole(out io.Writer, quiet bool) *Console {
	c := &Console{out: out, quiet: quiet, every: logInterval, now: time.Now}
	if f, ok := out.(*os.File); ok {
		c.terminal = term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" && os.Getenv("CI") == ""
	}
	return c
}

// Attach also writes every line to log, with the time in front, until it is attached to another or nil.
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

func (c *Console) isQuiet() bool { return c == nil || c.quiet }

func (c *Console) line(show bool, prefix, format string, args ...any) {
	if c == nil {
		return
	}
	text := prefix + fmt.Sprintf(format, args...)
	c.mu.Lock()
	defer c.mu.Unlock()
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
}
