package graph

import (
	"errors"

	G "gorgonia.org/gorgonia"

	"cmae/internal/comm"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
)

// Share is the graph that one lane computes, for its share of a batch.
type Share struct {
	Graph   *G.ExprGraph
	Engine  kernel.Engine
	Machine *Machine // once compiled
	part    float64  // of the batch
}

// Mean makes the mean of a loss over the share one that, summed over all shares, is the mean over
// the batch.
func (s *Share) Mean(loss *G.Node) *G.Node {
	if s.part < 1 {
		return op.Scale(loss, s.part)
	}
	return loss
}

// Built is what a package builds of a Share and keeps. Free gives back the memory that the graph
// reads.
type Built interface{ Free() }

// A Build adds to the graph of a share. It says which nodes keep their values after a run, and
// which of the graph's values are gradients.
type Build[S Built] func(s *Share) (built S, outputs, grads G.Nodes, err error)

// Shares are the machines of lanes, each with the same graph for its share of a batch.
type Shares[S Built] struct {
	Lanes []S               // what was built of each lane's
	Grads []kernel.Tensor   // of the first lane; after a run, summed over all lanes
	all   []*Share          // of each lane
	grads [][]kernel.Tensor // of each lane
	lanes *lanes.Lanes
}

// CompileShares has every lane's graph built in turn and compiles it.
func CompileShares[S Built](l *lanes.Lanes, build Build[S]) (*Shares[S], error) {
	s := &Shares[S]{lanes: l}
	for lane := range l.Len() {
		if err := s.add(l.Engine(lane), build); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	s.Grads = s.grads[0]
	return s, nil
}

func (s *Shares[S]) add(e kernel.Engine, build Build[S]) error {
	count := s.lanes.Len()
	one := &Share{Graph: G.NewGraph(), Engine: e, part: 1 / float64(count)}
	built, outputs, nodes, err := build(one)
	if err != nil {
		return err
	}
	s.Lanes = append(s.Lanes, built)
	if one.Machine, err = Compile(
		e, one.Graph, append(outputs, nodes...), Copies(count-len(s.all)),
	); err != nil {
		return err
	}
	grads := make([]kernel.Tensor, len(nodes))
	for i, n := range nodes {
		grads[i] = one.Machine.Value(n)
	}
	s.all, s.grads = append(s.all, one), append(s.grads, grads)
	return nil
}

// PlanShare is CompileShares without memory, for one of so many lanes.
func PlanShare[S Built](e kernel.Engine, lanes int, build Build[S]) (*Sketch, error) {
	one := &Share{Graph: G.NewGraph(), Engine: e, part: 1 / float64(lanes)}
	_, outputs, grads, err := build(one)
	if err != nil {
		return nil, err
	}
	return Plan(one.Graph, append(outputs, grads...))
}

// Run executes every lane's graph and sums the gradients into Grads.
func (s *Shares[S]) Run() error {
	err := s.lanes.Do(func(lane int, _ kernel.Engine) error { return s.all[lane].Machine.RunAll() })
	if err != nil {
		return err
	}
	return s.lanes.Sum(s.grads)
}

// Each calls f once for each lane, all at the same time, and waits.
func (s *Shares[S]) Each(f func(lane int, one S)) error {
	return s.lanes.Do(func(lane int, _ kernel.Engine) error { f(lane, s.Lanes[lane]); return nil })
}

// Memory is the size of the arenas in bytes.
func (s *Shares[S]) Memory() int {
	sum := 0
	for _, one := range s.all {
		shared, _ := one.Machine.Memory()
		sum += shared
	}
	return sum
}

// Close gives all memory back but that of the lanes, which stay.
func (s *Shares[S]) Close() error {
	for _, built := range s.Lanes {
		built.Free()
	}
	var err error
	for _, one := range s.all {
		err = errors.Join(err, one.Machine.Close())
	}
	return err
}
