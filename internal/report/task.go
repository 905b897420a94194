package report

import (
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"
)

// Task is one piece of work with a known length. One is shown on a console at a time: a task that begins inside another takes its place until
// it ends. A nil Task is silent.
type Task struct {
	console  *Console
	outer    *Task // that it interrupts, or nil
	name     string
	total    int
	first    int
	done     int
	note     string
	started  time.Time
	lastLine time.Time
	bar      *progressbar.ProgressBar
}

// Begin starts a task of total units of which done are behind it (a resumed run).
func (c *Console) Begin(name string, done, total int) *Task {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &Task{console: c, outer: c.active, name: name, total: total, first: done, done: done, started: c.now(), lastLine: c.now()}
	if t.outer != nil {
		t.outer.clear()
	}
	if c.terminal && !c.quiet {
		t.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(c.out), progressbar.OptionSetDescription(name), progressbar.OptionSetWidth(24),
			progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish(), progressbar.OptionSetElapsedTime(true), progressbar.OptionFullWidth())
		if done > 0 {
			_ = t.bar.Set(done)
		}
	}
	c.active = t
	return t
}

// Advance sets how much is done and what to say beside it.
func (t *Task) Advance(done int, note string) {
	if t == nil {
		return
	}
	c := t.console
	c.mu.Lock()
	t.done, t.note = done, note
	if t.bar != nil {
		t.bar.Describe(t.name + "  " + note)
		_ = t.bar.Set(done)
	}
	due := t.bar == nil && c.now().Sub(t.lastLine) >= c.every && done < t.total
	if due {
		t.lastLine = c.now()
	}
	c.mu.Unlock()
	if due {
		c.Log("%s", t.String())
	}
}

// String is the task's state as one line: name, share, note, time left.
func (t *Task) String() string {
	line := fmt.Sprintf("%s %d/%d", t.name, t.done, t.total)
	if t.note != "" {
		line += "  " + t.note
	}
	if fresh := t.done - t.first; fresh > 0 && t.done < t.total {
		left := t.console.now().Sub(t.started) / time.Duration(fresh) * time.Duration(t.total-t.done)
		line += fmt.Sprintf("  eta %s", left.Round(time.Second))
	}
	return line
}

// End removes the bar, and a task that it interrupted is shown again. It may be called more than once.
func (t *Task) End() {
	if t == nil {
		return
	}
	c := t.console
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.active == t {
		t.clear()
		c.active = t.outer
	}
}

// clear wipes the bar so that a line can be written; the next Advance draws it again.
func (t *Task) clear() {
	if t.bar != nil {
		_ = t.bar.Clear()
	}
}
