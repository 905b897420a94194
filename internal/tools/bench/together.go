package bench

import (
	"cmae/internal/comm"
	"cmae/internal/graph/exec"
)

// Together is what it costs the first of several processes to compute a step with the others.
type Together struct {
	Processes int `json:"processes"`
	// of a step: how long they spoke to each other, and how much of that nothing was left to
	// compute, slower processes waited for included
	CommunicationMS float64 `json:"communication_ms"`
	WaitedMS        float64 `json:"waited_ms"`
	// share of the communication that ran while the process computed
	Overlap float64 `json:"overlap"`
	// share of the step that was no waiting
	Efficiency float64 `json:"efficiency"`
}

func newTogether(p comm.Processes, spent exec.Spent, steps int, stepMS float64) *Together {
	if !comm.Several(p) {
		return nil
	}
	t := &Together{
		Processes:       p.Size(),
		CommunicationMS: ms(spent.Spoke) / float64(steps),
		WaitedMS:        ms(spent.Waited) / float64(steps),
	}
	t.Overlap = max(0, 1-t.WaitedMS/t.CommunicationMS)
	t.Efficiency = max(0, 1-t.WaitedMS/stepMS)
	return t
}
