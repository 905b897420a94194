package report

import (
	"fmt"
	"time"
)

// Task is one piece of work, of known length unless its total is 0. One is shown on a console at a
// time: a task that begins inside another takes its place until it ends. A nil Task is silent.
type Task struct {
	console  *Console
	outer    *Task // that it interrupts, or nil
	name     string
	total    int
	unit     string // of what is done, where there is no total
	first    int
	done     int
	notes    []string // the most important first
	started  time.Time
	lastLine time.Time
	lastDraw time.Time
}

// Begin starts a task of total units of which done are behind it (a resumed run).
func (c *Console) Begin(name string, done, total int) *Task {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &Task{
		console: c, outer: c.active, name: name, total: total, first: done, done: done,
		started: c.now(), lastLine: c.now(),
	}
	c.active = t
	t.draw()
	return t
}

// patience is how long something may take before Waiting tells of it.
const patience = 3 * time.Second

// Waiting is for something that takes long and does not say how far it is: what it returns is
// called with the time that has gone by, and when it is over.
func (c *Console) Waiting(what string) func(took time.Duration, over bool) {
	var t *Task
	return func(took time.Duration, over bool) {
		switch {
		case over:
			t.End()
			t = nil
			return
		case took < patience || c == nil:
			return
		case t == nil:
			t = c.Begin(what+":", 0, 0)
			t.unit = " s"
		}
		t.Advance(int(took.Seconds()))
	}
}

// Advance sets how much is done and what to say beside it, the most important first: a narrow
// terminal shows only as many notes as it has room for.
func (t *Task) Advance(done int, notes ...string) {
	if t == nil {
		return
	}
	c := t.console
	c.mu.Lock()
	defer c.mu.Unlock()
	t.done, t.notes = done, notes
	if c.now().Sub(t.lastDraw) >= drawInterval || t.over() {
		t.draw()
	}
	if c.now().Sub(t.lastLine) >= c.every && !t.over() {
		t.lastLine = c.now()
		c.write(!c.quiet && !c.terminal, t.String())
	}
}

// String is the task's state as one line: name, share, notes, time left.
func (t *Task) String() string { return tail(t.share(), t.notes, t.left()) }

// over says that all is done.
func (t *Task) over() bool { return t.total > 0 && t.done >= t.total }

func (t *Task) share() string {
	if t.total == 0 {
		return fmt.Sprintf("%s %d%s", t.name, t.done, t.unit)
	}
	return fmt.Sprintf("%s %d/%d", t.name, t.done, t.total)
}

// left is the time left, by the pace of what was done since the task began; "" while nothing was,
// or all is.
func (t *Task) left() string {
	fresh := t.done - t.first
	if fresh <= 0 || t.done >= t.total {
		return ""
	}
	left := t.console.now().Sub(t.started) / time.Duration(fresh) * time.Duration(t.total-t.done)
	return fmt.Sprintf("eta %s", left.Round(time.Second))
}

// End removes the bar, and a task that it interrupted is shown again. It may be called more than
// once.
func (t *Task) End() {
	if t == nil {
		return
	}
	c := t.console
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.active != t {
		return
	}
	t.clear()
	if c.active = t.outer; c.active != nil {
		c.active.draw()
	}
}

// erase wipes all from the cursor on: the line, and what became of a longer one when the terminal
// was made narrower.
const erase = "\x1b[J"

// draw shows the task on a terminal, in one line of at most its columns but the last, after which
// some begin another line. The cursor goes back to the beginning, so that the ^C of a keyboard is
// wiped with the line, as is the whole of one that the terminal has wrapped.
func (t *Task) draw() {
	if c := t.console; c.terminal && !c.quiet && c.active == t {
		t.lastDraw = c.now()
		fmt.Fprintf(c.out, "\r%s%s\r", t.line(c.columns()-1), erase)
	}
}

// clear wipes the line so that another can be written.
func (t *Task) clear() {
	if c := t.console; c.terminal && !c.quiet {
		fmt.Fprint(c.out, "\r"+erase)
	}
}
