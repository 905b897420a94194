package nn

import "strings"

// momentum is the root of the EMAs, the momentum copies of spec 8.
const momentum = "momentum"

// MomentumPrefix stands before the names of EMAs.
const MomentumPrefix = momentum + "."

// Momentum is the scope of the EMAs of the parameters made at s.
func (s *Scope) Momentum() *Scope { return s.Sub(momentum).As(EMA) }

// UpdateEMA moves every EMA towards its parameter: ema = m ema + (1-m) parameter (spec 1.2). With m
// = 0 it copies. An optimizer's StepWithEMA does the same in its own pass.
func UpdateEMA(p *Params, m float64) {
	for online, ema := range EMAs(p) {
		p.Engine().EMA(ema.Value, online.Value, m)
		if !ema.Copy.Absent() {
			p.Engine().Cast(ema.Copy, ema.Value)
		}
	}
}

// EMAs are the parameters with that role, by the one whose average each is.
func EMAs(p *Params) map[*Param]*Param {
	pairs := map[*Param]*Param{}
	for _, ema := range p.All() {
		if ema.Role != EMA {
			continue
		}
		online, ok := p.Lookup(strings.TrimPrefix(ema.Name, MomentumPrefix))
		if !ok {
			panic("nn: " + ema.Name + " is the average of nothing")
		}
		pairs[online] = ema
	}
	return pairs
}
