package nn

import "strings"

// MomentumPrefix stands before the names of momentum copies (spec 8).
const MomentumPrefix = "momentum."

// UpdateMomentum moves every momentum copy towards its parameter: copy = m copy + (1-m) parameter
// (spec 1.2). With m = 0 it copies. An optimizer's StepWithEMA does the same in its own pass.
func UpdateMomentum(p *Params, m float64) {
	for online, follower := range Followers(p) {
		p.Engine().Momentum(follower.Value, online.Value, m)
		if !follower.Copy.Absent() {
			p.Engine().Cast(follower.Copy, follower.Value)
		}
	}
}

// Followers are the momentum copies by the parameter that each follows.
func Followers(p *Params) map[*Param]*Param {
	pairs := map[*Param]*Param{}
	for _, follower := range p.All() {
		if follower.Role != Follower {
			continue
		}
		online, ok := p.Lookup(strings.TrimPrefix(follower.Name, MomentumPrefix))
		if !ok {
			panic("nn: " + follower.Name + " follows nothing")
		}
		pairs[online] = follower
	}
	return pairs
}
