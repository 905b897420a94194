package model

import (
	"strings"

	"cmae/internal/nn"
)

// UpdateMomentum moves every momentum copy towards its parameter: copy = m copy + (1-m) parameter (spec 1.2). With m = 0 it copies.
func UpdateMomentum(p *nn.Params, m float64) {
	for _, follower := range p.All() {
		if follower.Role != nn.Follower {
			continue
		}
		online, ok := p.Lookup(strings.TrimPrefix(follower.Name, MomentumPrefix))
		if !ok {
			panic("model: " + follower.Name + " follows nothing")
		}
		p.Engine().Momentum(follower.Value, online.Value, m)
	}
}
