package kernel

// Scheduled are the numbers of an update that may differ at every call. An engine that records its
// calls must take them as arguments of the record, or every step would be a record of its own. The
// other numbers of an update are constants of a run.
type Scheduled struct {
	LR        float64
	GradScale float64 // multiplies the gradient first (clipping, accumulation); 1 leaves it
	Step      int     // of AdamW, which corrects the bias of its moments by it; counts from 1
	EMADecay  float64 // of FusedOutputs.EMA
}

// AdamW are the numbers of one update by AdamW.
type AdamW struct {
	Beta1, Beta2, Eps, WeightDecay float64
	Scheduled
	FusedOutputs
}

// SGD are the numbers of one update by SGD with momentum.
type SGD struct {
	Momentum, WeightDecay float64
	Scheduled
	FusedOutputs
}

// FusedOutputs are what an update brings up to date with the new p while that is in the cache, each
// absent where there is none.
type FusedOutputs struct {
	EMA     Tensor // the moving average of p: EMA = EMADecay EMA + (1-EMADecay) p
	Copy    Tensor // p rounded to BF16
	EMACopy Tensor // EMA rounded to BF16
}

// Updates change parameters in place, in F32 or F64.
type Updates interface {
	// AdamW decays p by 1 - LR*WeightDecay, then moves it against m/(1-beta1^step) /
	// (sqrt(v/(1-beta2^step)) + eps), all in one pass over memory.
	AdamW(p, g, m, v Tensor, h AdamW)
	// SGD: d = GradScale g + WeightDecay p; v = Momentum v + d; p = p - LR v, all in one pass over
	// memory.
	SGD(p, g, v Tensor, h SGD)
	// EMA: ema = decay ema + (1-decay) p. decay may differ at every call, as Scheduled's numbers.
	EMA(ema, p Tensor, decay float64)
	// Norm: norm[], an F64, is the root of the sum of the squares of all elements of ts, added in
	// float64; NaN and Inf come through.
	Norm(norm Tensor, ts []Tensor)
}
