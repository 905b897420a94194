package graph

import (
	"errors"

	G "gorgonia.org/gorgonia"

	"cmae/internal/kernel"
	"cmae/internal/lanes"
)

// Shares are the machines of lanes, each with the same graph for its share of a batch.
type Shares struct {
	Machines []*Machine        // of each lane
	Grads    []kernel.Tensor   // of the first lane; after a run, summed over all lanes
	grads    [][]kernel.Tensor // of each lane
	lanes    *lanes.Lanes
}

// CompileShares calls build for every lane in turn and compiles the graph that it built. outputs keep their values after a run; grads are the
// gradients, which RunAll sums over the lanes.
func CompileShares(l *lanes.Lanes, build func(g *G.ExprGraph, e kernel.Engine) (outputs, grads G.Nodes, err error)) (*Shares, error) {
	s := &Shares{lanes: l}
	for lane := range l.Len() {
		g := G.NewGraph()
		outputs, nodes, err := build(g, l.Engine(lane))
		var m *Machine
		if err == nil {
			m, err = Compile(l.Engine(lane), g, append(outputs, nodes...), Copies(l.Len()-lane))
		}
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		grads := make([]kernel.Tensor, len(nodes))
		for i, n := range nodes {
			grads[i] = m.Value(n)
		}
		s.Machines, s.grads = append(s.Machines, m), append(s.grads, grads)
	}
	s.Grads = s.grads[0]
	return s, nil
}

// RunAll executes every lane's graph and sums the gradients into Grads.
func (s *Shares) RunAll() error {
	err := s.lanes.Do(func(lane int, _ kernel.Engine) error { return s.Machines[lane].RunAll() })
	if err != nil {
		return err
	}
	return s.lanes.Sum(s.grads)
}

// Each calls f once for each lane, all at the same time, and waits.
func (s *Shares) Each(f func(lane int)) error {
	return s.lanes.Do(func(lane int, _ kernel.Engine) error { f(lane); return nil })
}

// Memory is the size of the arenas in bytes.
func (s *Shares) Memory() int {
	sum := 0
	for _, m := range s.Machines {
		shared, _ := m.Memory()
		sum += shared
	}
	return sum
}

// Close gives the arenas back; the lanes stay.
func (s *Shares) Close() error {
	var err error
	for _, m := range s.Machines {
		err = errors.Join(err, m.Close())
	}
	return err
}
