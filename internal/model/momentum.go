package model

import (
	"strings"

	"cmae/internal/graph/nn"
)

// UpdateMomentum moves every momentum copy towards its parameter: copy = m copy + (1-m) parameter
// (spec 1.2). With m = 0 it copies. An optimizer's StepWithEMA does the same in its own pass.
func UpdateMomentum(p *nn.Params, m float64) {
	for online, follower := range Followers(p) {
		p.Engine().Momentum(follower.Value, online.Value, m)
		if !follower.Copy.Absent() {
			p.Engine().Cast(follower.Copy, follower.Value)
		}
	}
}

// Followers are the momentum copies by the parameter that each follows.
func Followers(p *nn.Params) map[*nn.Param]*nn.Param {
	pairs := map[*nn.Param]*nn.Param{}
	for _, follower := range p.All() {
		if follower.Role != nn.Follower {
			continue
		}
		online, ok := p.Lookup(strings.TrimPrefix(follower.Name, MomentumPrefix))
		if !ok {
			panic("model: " + follower.Name + " follows nothing")
		}
		pairs[online] = follower
	}
	return pairs
}
