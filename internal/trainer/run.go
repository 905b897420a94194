package trainer

import (
	"cmae/internal/config"
	"cmae/internal/runs"
)

// What callers of Pretrain see of a run.
type (
	// Resume says whether to go on from the run's last checkpoint.
	Resume = runs.Resume
	// Interrupted is the error of a run that was told to stop.
	Interrupted = runs.Interrupted
	// Diverged is the error of a run whose loss, a term of it, or gradient was no longer finite.
	Diverged = runs.Diverged
	// Row is one line of metrics.jsonl.
	Row = runs.Row
	// BoxRow sums up the boxes of ContrastiveCrop after a refresh.
	BoxRow = runs.BoxRow
)

// The ways to resume.
const (
	ResumeNever = runs.ResumeNever
	ResumeLast  = runs.ResumeLast
	ResumeAuto  = runs.ResumeAuto
)

// ErrUsage is wrapped by errors about how a run was asked for.
var ErrUsage = runs.ErrUsage

// LoadConfig reads the resolved settings of a checkpoint or run.
func LoadConfig(name string, text []byte) (Config, error) {
	c := Default()
	err := config.Decode(&c, name, text)
	return c, err
}
