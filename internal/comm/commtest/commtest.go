// Package commtest is processes that are goroutines, and launchers of real ones, for tests.
package commtest

import (
	"sync"

	"cmae/internal/comm"
)

// New is a job of size processes.
func New(size int) []comm.Processes {
	j := &job{size: size, sent: make([][]byte, size)}
	j.changed = sync.NewCond(&j.mu)
	var all []comm.Processes
	for rank := range size {
		all = append(all, &process{job: j, rank: rank, last: done()})
	}
	return all
}

// job is where the processes meet.
type job struct {
	mu      sync.Mutex
	changed *sync.Cond
	size    int
	sent    [][]byte
	arrived int
	round   int
}

func (j *job) meet() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.arrived++; j.arrived == j.size {
		j.arrived = 0
		j.round++
		j.changed.Broadcast()
		return
	}
	for round := j.round; round == j.round; {
		j.changed.Wait()
	}
}

// process is one of them, and its own link.
type process struct {
	*job
	rank int
	last chan struct{} // closed when the jobs so far are done
}

func done() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

func (p *process) Rank() int { return p.rank }
func (p *process) Size() int { return p.size }

func (p *process) OnHost() (rank, cores int) { return p.rank, 1 }

func (p *process) Go(job func(l comm.Link)) func() {
	before, own := p.last, make(chan struct{})
	p.last = own
	go func() {
		<-before
		job(p)
		close(own)
	}()
	return func() { <-own }
}

// exchange gives read what all processes sent.
func (p *process) exchange(b []byte, read func(sent [][]byte)) {
	p.sent[p.rank] = b
	p.meet()
	read(p.sent)
	p.meet()
}

func (p *process) AllGather(dst, src []byte) {
	p.exchange(src, func(sent [][]byte) {
		for rank, b := range sent {
			copy(dst[rank*len(src):], b)
		}
	})
}

func (p *process) AllToAll(dst, src []byte) {
	part := len(src) / p.size
	p.exchange(src, func(sent [][]byte) {
		for rank, b := range sent {
			copy(dst[rank*part:(rank+1)*part], b[p.rank*part:])
		}
	})
}

func (p *process) Broadcast(b []byte, root int) {
	p.exchange(b, func(sent [][]byte) {
		if p.rank != root {
			copy(b, sent[root])
		}
	})
}
