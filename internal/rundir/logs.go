package rundir

import (
	"errors"
	"fmt"
	"os"

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
	log, err := os.OpenFile(f.File(logFile), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("run: log: %w", err), m.file.Close())
	}
	console.Attach(log)
	return &Logs{m, log, console}, nil
}

// Write appends a row to metrics.jsonl, as JSON.
func (l *Logs) Write(row any) error { return l.metrics.write(row) }

// Sync makes the rows as durable as the checkpoint that counts them, and returns their number.
func (l *Logs) Sync() (rows int, err error) {
	if err := l.metrics.file.Sync(); err != nil {
		return 0, fmt.Errorf("run: metrics: %w", err)
	}
	return l.metrics.rows, nil
}

// Close detaches the console and closes the files.
func (l *Logs) Close() error {
	if l == nil {
		return nil
	}
	l.console.Attach(nil)
	return errors.Join(l.metrics.file.Close(), l.log.Close())
}
