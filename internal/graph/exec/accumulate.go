package exec

// Accumulate has the gradients of so many runs add up in each replica, which are summed over the
// replicas once, in the last of the runs: what travels does so once for all of them.
func (f *Func) Accumulate(runs int) {
	if runs == 1 {
		return
	}
	f.runs = runs
	for _, s := range f.shards {
		s.sums = nil
		for _, g := range s.grads {
			s.sums = append(s.sums, s.engine.New(g.Type, g.Shape...))
		}
	}
}

// last says whether this run is the last of those that accumulate.
func (f *Func) last() bool { return f.run == f.runs-1 }

// accumulate adds a gradient of this run to those before it.
func (f *Func) accumulate(s *shard, i int) {
	switch {
	case f.runs == 1:
	case f.run == 0:
		s.engine.Copy(s.sums[i], s.grads[i])
	default:
		s.engine.Add(s.sums[i], s.sums[i], s.grads[i])
	}
}
