// Package mpi joins the processes that a launcher of MPI started: mpirun of Open MPI or MPICH, or
// srun. Their library is found and opened when the program runs, and not at all where nothing
// launched it.
//
// Read launcher.go (who started this process), library.go (finding and opening), world.go
// (joining and leaving, with signals.go), link.go (what is said), beat.go (whether the others are
// alive), host_linux.go (cores, and sleeping between two questions).
package mpi

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"cmae/internal/comm"
	"cmae/internal/fault"
	"cmae/internal/kernel"
	"cmae/internal/machine"
)

// World is the processes of the job that this one was launched in. One thread speaks to the others.
type World struct {
	Launcher string   // who started the processes
	Library  string   // name and version, and its file
	Hosts    []string // of each rank
	cores    []string // that each rank may use
	rank     int
	size     int
	jobs     chan func()
	left     chan struct{} // closed when the thread has ended
	link     *link
}

var _ comm.Processes = (*World)(nil)

// Launched reports whether a launcher started this process as one of a job, and as which.
func Launched() (rank int, ok bool) {
	l, ok := launched(os.Getenv)
	return l.rank, ok
}

// Join finds the other processes. Without a launcher there are none, and the World is nil.
func Join() (*World, error) {
	by, ok := launched(os.Getenv)
	if !ok {
		if apart(os.Getenv) {
			return nil, fmt.Errorf(
				"%w: srun started %s processes that cannot find each other; "+
					"give srun --mpi=pmix, or --ntasks=1",
				fault.Usage, os.Getenv("SLURM_STEP_NUM_TASKS"),
			)
		}
		return nil, nil
	}
	w := &World{Launcher: by.by, jobs: make(chan func(), 64), left: make(chan struct{})}
	machine.AddProcessor() // the thread that speaks runs beside those that compute
	joined := make(chan error)
	go w.serve(by, joined)
	if err := <-joined; err != nil {
		host, _ := os.Hostname()
		return nil, fmt.Errorf(
			"%w: rank %d on %s, started by %s: %w", fault.Usage, by.rank, host, by.by, err,
		)
	}
	host, _ := os.Hostname()
	w.Hosts, w.cores = w.texts(host), w.texts(affinity())
	return w, nil
}

// serve is the life of the thread that speaks.
func (w *World) serve(by launch, joined chan<- error) {
	runtime.LockOSThread()
	defer close(w.left)
	before := handlers()
	library, err := find(by.names)
	if err == nil {
		err = w.begin(library, by)
	}
	restore(before)
	joined <- err
	if err != nil {
		return
	}
	beats := time.NewTicker(beatEvery)
	defer beats.Stop()
	for {
		select {
		case job, ok := <-w.jobs:
			if !ok {
				w.link.beat.end()
				w.link.call("MPI_Finalize")
				return
			}
			job()
		case <-beats.C:
			w.link.beat.now()
		}
	}
}

// begin initialises the library.
func (w *World) begin(l *library, by launch) error {
	const funneled = 1 // MPI_THREAD_FUNNELED: one thread calls
	provided, rank, size := kept[int32](), kept[int32](), kept[int32]()
	if code := l.call("MPI_Init_thread", 0, 0, funneled, pointer(provided)); code != 0 {
		return fmt.Errorf("%s: MPI_Init_thread returned %d", l.version, code)
	}
	l.call("MPI_Comm_rank", l.world, pointer(rank))
	l.call("MPI_Comm_size", l.world, pointer(size))
	w.Library, w.rank, w.size = fmt.Sprintf("%s, %s", l.version, l.path), int(*rank), int(*size)
	if by.size > 1 && w.size == 1 {
		return fmt.Errorf(
			"%s (%s) does not belong to this launcher, and is alone; "+
				"name the launcher's own library in %s",
			l.version, l.path, LibraryVariable,
		)
	}
	w.link = newLink(l, w.rank, w.size)
	return nil
}

// longest is how much of a text is told.
const longest = 256

// texts is what each rank says.
func (w *World) texts(own string) (all []string) {
	text := make([]byte, longest)
	copy(text, own)
	for one := range slices.Chunk(comm.Gather(w, text), longest) {
		all = append(all, strings.TrimRight(string(one), "\x00"))
	}
	return all
}

// Rank is this process's number, from 0.
func (w *World) Rank() int { return w.rank }

// Size is how many processes there are.
func (w *World) Size() int { return w.size }

// OnHost is this process's number among those of its host, and how many cores are its own: a
// launcher binds each process to some, or several to the same, which they share.
func (w *World) OnHost() (rank, cores int) {
	sharing := 0
	for other, host := range w.Hosts {
		if host != w.Hosts[w.rank] {
			continue
		}
		if other < w.rank {
			rank++
		}
		if w.cores[other] == w.cores[w.rank] {
			sharing++
		}
	}
	return rank, max(1, runtime.NumCPU()/sharing)
}

// Go has the thread do a job after those before it.
func (w *World) Go(job func(l comm.Link)) (wait func()) {
	done := make(chan error, 1)
	w.jobs <- func() {
		var err error
		defer func() { done <- err }()
		defer kernel.Catch(&err)
		job(w.link)
	}
	return func() {
		if err := <-done; err != nil {
			panic(err)
		}
	}
}

// Leave ends the membership of a process that has agreed with all others to leave; all call it.
func (w *World) Leave() {
	w.Go(func(l comm.Link) { l.AllGather(make([]byte, w.size), []byte{1}) })()
	close(w.jobs)
	<-w.left
}

// Abort ends all processes of the job at once, with an exit code. It does not return.
func (w *World) Abort(code int) {
	aborted := make(chan struct{})
	go func() {
		w.link.library.call("MPI_Abort", w.link.library.world, uintptr(code))
		close(aborted)
	}()
	select {
	case <-aborted:
	case <-time.After(2 * time.Second): // whoever started it ends the others
	}
	os.Exit(code)
}
