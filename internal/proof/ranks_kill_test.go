package proof

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"cmae/internal/rundir/checkpoint"
)

// TestRanksKilled: a job of which any rank is killed ends within seconds, and not well; the last
// checkpoint is whole, and a resume comes to the bits of a job that was never disturbed.
func TestRanksKilled(t *testing.T) {
	eachLauncher(t, func(t *testing.T, j job) {
		args := append(tiny(), "pretrain", "-q", "--resume=auto", "--out")
		want := filepath.Join(j.home, "whole")
		most := j.must(2, append(args, want)...).took
		killed, tries, wanted := 0, 0, max(3, kills(t)/25)
		for ; killed < wanted && tries < 20*wanted && !t.Failed(); tries++ {
			got := filepath.Join(j.home, fmt.Sprint(tries))
			if j.rankKilled(got, &most, append(args, got)) {
				killed++
				most += most / 4 // the job may have been slow, or will be
			}
			j.must(2, append(args, got)...)
			sameRun(t, want, got)
		}
		if killed < wanted {
			t.Errorf("%d jobs ended early, want %d", killed, wanted)
		}
		t.Logf("%d kills in %d jobs, the last within %v", killed, tries, most)
	})
}

// rankKilled kills a rank of a job at a random moment up to *most after both began, and reports
// whether that ended the job. One that ended before was quicker than most, which then is its time.
func (j job) rankKilled(run string, most *time.Duration, args []string) bool {
	j.Helper()
	end, _ := j.start(2, args...)
	both, end := until(end, func() bool {
		time.Sleep(10 * time.Millisecond) // as all of /proc is read
		return len(alive()) == 2
	})
	began := time.Now()
	if !both {
		if o := end(); o.code != 0 {
			j.Fatalf("exit %d without a kill: %s", o.code, o.stderr)
		}
		return false
	}
	time.Sleep(time.Duration(rand.Int64N(int64(*most))))
	victim, ok := alive()[rand.IntN(2)]
	sent := time.Now()
	if ok {
		_ = victim.Signal(syscall.SIGKILL) // which finds it or doesn't
	}
	o := end()
	if waited := time.Since(sent); waited > 20*time.Second {
		j.Errorf("exit %d after %v: %s", o.code, waited, o.stderr)
	}
	j.soon("the end of all ranks", func() bool { return len(alive()) == 0 })
	if o.code == 0 {
		*most = time.Since(began)
		return false
	}
	if !ok {
		j.Errorf("exit %d without a kill: %s", o.code, o.stderr)
	}
	last := filepath.Join(run, checkpoint.Last)
	if _, err := os.Stat(last); err == nil {
		if _, err := checkpoint.Load(last); err != nil {
			j.Error(err)
		}
	}
	return true
}
