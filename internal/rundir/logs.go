package rundir

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"cmae/internal/atomicfile"
	"cmae/internal/report"
)

// Logs are what a run writes while it goes on: rows of metrics.jsonl, and the console's lines in
// train.log. A nil *Logs can be closed.
type Logs struct {
	metrics *metrics
	log     *os.File
	console *report.Console
}

// OpenLogs opens the logs, keeping the first rows rows of metrics.jsonl, and attaches train.log to
// the console.
func (f Folder) OpenLogs(rows int, console *report.Console) (*Logs, error) {
	m, err := openMetrics(f.File(MetricsFile), rows, console)
	if err != nil {
		return nil, err
	}
	log, err := openLog(f.File(logFile))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("run: log: %w", err), m.file.Close())
	}
	console.Attach(log)
	return &Logs{m, log, console}, nil
}

// openLog opens a file that grows. It can be read as well, for reopened.
func openLog(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o644)
}

// Write appends a row to metrics.jsonl, as JSON.
func (l *Logs) Write(row any) error { return l.metrics.write(row) }

// Check makes logs again that were deleted while the run goes on, with all that was in them.
func (l *Logs) Check() (err error) {
	if !inPlace(l.log) {
		l.console.Attach(nil)
		if l.log, err = reopened(l.log, l.console); err != nil {
			return fmt.Errorf("run: log: %w", err)
		}
		l.console.Attach(l.log)
	}
	if !inPlace(l.metrics.file) {
		if l.metrics.file, err = reopened(l.metrics.file, l.console); err != nil {
			return fmt.Errorf("run: metrics: %w", err)
		}
	}
	return nil
}

// reopened writes what an open file holds under the name that it has lost, and opens that.
func reopened(file *os.File, console *report.Console) (*os.File, error) {
	path := file.Name()
	text, err := io.ReadAll(io.NewSectionReader(file, 0, math.MaxInt64))
	if err == nil {
		err = regular(path)
	}
	if err == nil {
		err = atomicfile.Write(path, text, 0o644)
	}
	if err != nil {
		return file, err
	}
	again, err := openLog(path)
	if err != nil {
		return file, err
	}
	console.Warn("%q was deleted or replaced while the run went on, and is written again", path)
	return again, file.Close()
}

// Sync makes the rows as durable as the checkpoint that counts them, and returns their number.
func (l *Logs) Sync() (rows int, err error) {
	if err := l.metrics.file.Sync(); err != nil {
		return 0, fmt.Errorf("run: metrics: %w", err)
	}
	return l.metrics.rows, nil
}

// Rewind keeps the first rows rows of metrics.jsonl only; train.log keeps all that happened.
func (l *Logs) Rewind(rows int) error {
	m, err := openMetrics(l.metrics.file.Name(), rows, l.console)
	if err != nil {
		return err
	}
	err = l.metrics.file.Close()
	l.metrics = m
	return err
}

// Close detaches the console and closes the files.
func (l *Logs) Close() error {
	if l == nil {
		return nil
	}
	l.console.Attach(nil)
	return errors.Join(l.metrics.file.Close(), l.log.Close())
}
