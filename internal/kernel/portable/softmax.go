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

// softmaxRows sets each of p's rows of cols elements to the probabilities of the scores in a row of
// s, times scale. s has its rows stride apart, at least cols up to a multiple of eight, and what
// they held is lost.
func softmaxRows[T float](p, s []T, rows, cols, stride int, scale T) {
	if from, ok := any(s).([]float32); ok {
		vector.softmaxRows(any(p).([]float32), from, rows, cols, stride, float32(scale))
		return
	}
	softmaxRowsLoop(p, s, rows, cols, stride, scale)
}

func softmaxRowsLoop[T float](p, s []T, rows, cols, stride int, factor T) {
	for i := range rows {
		row := p[i*cols : (i+1)*cols]
		scale(row, s[i*stride:][:cols], factor)
		_, sum := expRowLoop(row)
		scale(row, row, T(1/sum))
	}
}

// softmaxGradRows turns gradients of probabilities p into gradients of the scores that were scaled:
// scale p (dp - p.dp), row by row. dp lies as s does in softmaxRows.
func softmaxGradRows[T float](dp, p []T, rows, cols, stride int, scale T) {
	if to, ok := any(dp).([]float32); ok {
		vector.softmaxGradRows(to, any(p).([]float32), rows, cols, stride, float32(scale))
		return
	}
	softmaxGradRowsLoop(dp, p, rows, cols, stride, scale)
}

func softmaxGradRowsLoop[T float](dp, p []T, rows, cols, stride int, scale T) {
	for i := range rows {
		to, from := dp[i*stride:][:cols], p[i*cols:][:cols]
		mean := T(dotLoop(from, to))
		for j, v := range from {
			to[j] = scale * v * (to[j] - mean)
		}
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
