package portable

func init() {
	if Vectorized() {
		vector.softmaxRows, vector.softmaxGradRows = softmaxRowsAVX2, softmaxGradRowsAVX2
	}
}

// tails has, from element 8-n on, the mask of the first n of eight lanes.
var tails = [16]int32{-1, -1, -1, -1, -1, -1, -1, -1}

func tail(cols int) *int32 { return &tails[8-cols&7] }

func softmaxRowsAVX2(p, s []float32, rows, cols, stride int, scale float32) {
	softmaxRows256(&p[0], &s[0], rows, cols, stride, scale, &expConstants, tail(cols))
}

func softmaxGradRowsAVX2(dp, p []float32, rows, cols, stride int, scale float32) {
	softmaxGradRows256(&dp[0], &p[0], rows, cols, stride, scale, tail(cols))
}

//go:noescape
func softmaxRows256(
	p, s *float32, rows, cols, stride int, scale float32, table *[12]lanes, tail *int32,
)

//go:noescape
func softmaxGradRows256(dp, p *float32, rows, cols, stride int, scale float32, tail *int32)
