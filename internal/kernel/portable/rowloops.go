package portable

// Loops over rows as long as their first argument that isn't a matrix; the assembly of
// rowloops_amd64.s does the same operations in the same order.

// addRowsLoop: sum += each row of x.
func addRowsLoop(sum, x []float32) {
	for ; len(x) > 0; x = x[len(sum):] {
		for j, v := range x[:len(sum)] {
			sum[j] += v
		}
	}
}

// addSquaresLoop: sum += (x-mean)^2.
func addSquaresLoop(sum, x, mean []float32) {
	for ; len(x) > 0; x = x[len(sum):] {
		for j, v := range x[:len(sum)] {
			d := v - mean[j]
			sum[j] += d * d
		}
	}
}

// addProductsLoop: sum += dy, sumX += dy (x-mean). Where y is present, dy counts only where it is
// positive.
func addProductsLoop(sum, sumX, x, dy, y, mean []float32) {
	c := len(sum)
	for row := 0; row < len(x); row += c {
		for j, d := range dy[row : row+c] {
			if y != nil && !(y[row+j] > 0) {
				d = 0
			}
			sum[j] += d
			sumX[j] += d * (x[row+j] - mean[j])
		}
	}
}

// normRows: y = (x-mean) gain + shift + residual, then ReLU.
func normRows[T float](y, x, mean, gain, shift, residual []T, relu bool) {
	if from, ok := any(x).([]float32); ok {
		plus, _ := any(residual).([]float32)
		vector.normRows(
			any(y).([]float32), from, any(mean).([]float32), any(gain).([]float32),
			any(shift).([]float32), plus, relu,
		)
		return
	}
	normRowsLoop(y, x, mean, gain, shift, residual, relu)
}

func normRowsLoop[T float](y, x, mean, gain, shift, residual []T, relu bool) {
	c := len(mean)
	for row := 0; row < len(x); row += c {
		for j, v := range x[row : row+c] {
			v = (v-mean[j])*gain[j] + shift[j]
			if residual != nil {
				v += residual[row+j]
			}
			if relu && v < 0 {
				v = 0
			}
			y[row+j] = v
		}
	}
}

// normGradRowsLoop: dx = dy gain - offset - (x-mean) slope. y is as in addProductsLoop.
func normGradRowsLoop(dx, x, dy, y, mean, gain, offset, slope []float32) {
	c := len(mean)
	for row := 0; row < len(x); row += c {
		for j, d := range dy[row : row+c] {
			if y != nil && !(y[row+j] > 0) {
				d = 0
			}
			dx[row+j] = d*gain[j] - offset[j] - (x[row+j]-mean[j])*slope[j]
		}
	}
}
