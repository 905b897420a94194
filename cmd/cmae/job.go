package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"cmae/internal/comm"
	"cmae/internal/comm/mpi"
	"cmae/internal/config"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/fault"
	"cmae/internal/recipe"
	"cmae/internal/rundir"
)

// join finds the processes that a launcher started beside this one, unless settings say that it
// works alone, and makes the first of them the one that talks. All must be of one program and have
// the same settings, which may have failed to load. Without a launcher there are none.
func (a *app) join(how string, settings any, failed error) (comm.Processes, error) {
	if failed == nil && how == recipe.CommSingle {
		return nil, nil
	}
	w, err := mpi.Join()
	switch {
	case w == nil && failed != nil:
		return nil, failed
	case err != nil:
		return nil, err
	case w == nil && how == recipe.CommMPI:
		return nil, config.Errorf(
			"comm", "mpi needs a launcher: start the command with mpirun or srun, or set comm to "+
				"auto",
		)
	case w == nil:
		return nil, nil
	}
	a.world = w
	if w.Rank() > 0 {
		a.out, a.errOut = io.Discard, io.Discard
	}
	if err := comm.Agree(w, failed); err != nil {
		return nil, err
	}
	err = comm.Same(w, "the program", programID(), "install the same cmae on all hosts")
	if err != nil {
		return nil, err
	}
	text, err := rundir.Resolved(settings)
	if err = comm.Agree(w, err); err != nil {
		return nil, err
	}
	err = comm.Same(
		w, "a setting", string(text),
		"give all ranks the same files and flags, and a resume a folder that all hosts share",
	)
	if err != nil {
		return nil, err
	}
	a.console().Log("%d processes: %s, %s", w.Size(), w.Launcher, w.Library)
	return w, nil
}

// processes are those that this one has joined, or nil.
func (a *app) processes() comm.Processes {
	if a.world == nil {
		return nil
	}
	return a.world
}

// shared opens an encoder in all processes that were launched together and hands it to use.
func (a *app) shared(o encoder.Options, use func(*encoder.Encoder) error) (err error) {
	e, err := encoder.Open(o)
	var c recipe.Pretrain
	if err == nil {
		c = e.Config
	}
	p, err := a.join(c.Comm, c, err)
	if e != nil {
		defer func() { err = errors.Join(err, e.Close()) }()
	}
	if err != nil {
		return err
	}
	e.Share(p)
	return comm.Agree(p, use(e))
}

// programID tells builds apart.
func programID() string {
	path, err := os.Executable()
	if err != nil {
		return err.Error()
	}
	f, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s, sha256 %.6x", strings.TrimSpace(versionLine()), sum.Sum(nil))
}

// alone is how long a process that has not joined the others waits before it says what keeps it: if
// it is the same for all, the first one says it and ends all.
const alone = 3 * time.Second

// speaks reports whether this process is the one to say err.
func (a *app) speaks(err error) bool {
	if a.world != nil {
		return a.world.Rank() == 0 || !errors.As(err, new(*comm.Agreed))
	}
	if rank, ok := mpi.Launched(); ok && rank > 0 {
		time.Sleep(alone)
	}
	return true
}

// leave ends the membership of the job, or the job if the other processes don't know of err.
func (a *app) leave(err error) {
	if err == nil || errors.As(err, new(*comm.Agreed)) {
		a.world.Leave()
		return
	}
	a.world.Abort(fault.ExitCode(err))
}
