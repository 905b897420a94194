package rundir

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"cmae/internal/config"
	"cmae/internal/fault"
	"cmae/internal/report"
	"cmae/internal/rundir/checkpoint"
)

// Resume says whether to go on from the run's last checkpoint.
type Resume string

// The ways to resume.
const (
	ResumeNever Resume = ""     // start a new run
	ResumeLast  Resume = "last" // the last checkpoint must be there and sound
	ResumeAuto  Resume = "auto" // the newest sound checkpoint, or a new run when there is none
)

// Find loads the checkpoint that a run goes on from and returns its path; c is nil for a new run.
func (f Folder) Find(
	how Resume, console *report.Console,
) (c *checkpoint.Checkpoint, path string, err error) {
	switch how {
	case ResumeNever:
		return nil, "", nil
	case ResumeLast:
		path = f.File(checkpoint.Last)
		if _, err := os.Stat(path); err != nil {
			if _, _, err := checkpoint.Latest(string(f)); !errors.Is(err, fault.Missing) {
				return nil, "", fmt.Errorf(
					"%w: %q leads to no checkpoint; --resume=auto takes the newest sound one of "+
						"the run",
					fault.Usage, path,
				)
			}
			return nil, "", fmt.Errorf(
				"%w: no checkpoint to resume in %q; leave --resume out to start a run", fault.Usage,
				string(f),
			)
		}
	case ResumeAuto:
		latest, skipped, err := checkpoint.Latest(string(f))
		for _, s := range skipped {
			console.Warn("passed over: %v", s)
		}
		if errors.Is(err, fault.Missing) {
			return nil, "", nil
		}
		if err != nil {
			return nil, "", err
		}
		path = latest
	default:
		return nil, "", fmt.Errorf("%w: --resume %q is not one of last, auto", fault.Usage, how)
	}
	c, err = checkpoint.Load(path)
	if errors.Is(err, fault.Corrupt) {
		err = fmt.Errorf("%w; --resume=auto takes the newest sound checkpoint", err)
	}
	return c, path, err
}

// MayChange lists the keys and sections that a resume of any command may change. They do not change
// what is computed, except for rounding, since the order of sums depends on the number of threads
// in some engines and on that of microbatches, and for what follows a divergence.
var MayChange = []string{
	"loader", "threads", "replicas", "comm", "track", "data.workers", "data.cache_dir",
	"train.accumulate",
	"train.checkpoint_every", "train.keep_last", "train.on_divergence", "train.max_rollbacks",
	"train.rollback_skip", "train.rollback_scale",
}

// SameSettings refuses a resume whose settings would train something else, and names them.
// MayChange and also list what may differ.
func SameSettings(saved, asked any, also ...string) error {
	changes := config.Diff(saved, asked, slices.Concat(MayChange, also)...)
	if len(changes) == 0 {
		return nil
	}
	lines := make([]string, len(changes))
	for i, c := range changes {
		lines[i] = fmt.Sprintf("%s (was %s, now %s)", c.Key, c.Old, c.New)
	}
	return fmt.Errorf(
		"%w: resume with changed settings: %s; leave them as they were, or start another run "+
			"with --init-from",
		fault.Usage, strings.Join(lines, ", "),
	)
}
