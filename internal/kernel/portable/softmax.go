package portable

import "math"

// softmax turns a row of logits into probabilities in place and returns the logarithm of the sum of
// exponentials.
func softmax[T float](row []T) (logSum float64) {
	largest, sum := expRow(row)
	inverse := T(1 / sum)
	for i := range row {
		row[i] *= inverse
	}
	return float64(largest) + math.Log(sum)
}

func expRowLoop[T float](row []T) (largest T, sum float64) {
	largest = row[0]
	for _, v := range row {
		largest = max(largest, v)
	}
	for i, v := range row {
		e := exp(v - largest)
		row[i] = e
		sum += float64(e)
	}
	return largest, sum
}

// softmaxGrad turns the gradient of a row of probabilities p into that of the logits, times scale:
// dp p - p (p.dp).
func softmaxGrad[T float](dp, p []T, scale T) {
	mean := T(dot(p, dp))
	dp = dp[:len(p)]
	for i, v := range p {
		dp[i] = scale * v * (dp[i] - mean)
	}
}

// dot adds in float64.
func dot[T float](a, b []T) float64 {
	if x, ok := any(a).([]float32); ok {
		return vector.dot(x, any(b).([]float32))
	}
	return dotLoop(a, b)
}

func dotLoop[T float](a, b []T) float64 {
	b = b[:len(a)]
	var s0, s1 float64
	i := 0
	for ; i+2 <= len(a); i += 2 {
		s0 += float64(a[i]) * float64(b[i])
		s1 += float64(a[i+1]) * float64(b[i+1])
	}
	if i < len(a) {
		s0 += float64(a[i]) * float64(b[i])
	}
	return s0 + s1
}
