package fault

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"cmae/internal/weights/safetensors"
)

func TestExitCode(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("disk full"), 1},
		{fmt.Errorf("%w: folder exists", Usage), 2},
		{fmt.Errorf("%w", Settings), 2},
		{fmt.Errorf("%w", Data), 3},
		{fmt.Errorf("load: %w: %w", Corrupt, errors.New("short")), 4},
		{fmt.Errorf("load: %w", Mismatch), 4},
		{fmt.Errorf("load: %w", Missing), 4},
		{fmt.Errorf("open: %w", safetensors.ErrFormat), 4},
		{fmt.Errorf("%w at rate 3", NonFinite), 5},
		{fmt.Errorf("write: %w", syscall.EPIPE), 141},
		{fmt.Errorf("interrupted (%w)", Signal(syscall.SIGINT)), 130},
		{fmt.Errorf("%w", &Elsewhere{"rank 3: bad data", 3}), 3},
		// of two kinds
		{fmt.Errorf("%w: %w", Mismatch, Settings), 2},
		{errors.Join(Signal(syscall.SIGTERM), NonFinite), 5},
		{errors.Join(Signal(syscall.SIGTERM), Data), 143},
	} {
		if got := ExitCode(c.err); got != c.want {
			t.Errorf("%v: %d, want %d", c.err, got, c.want)
		}
	}
}
