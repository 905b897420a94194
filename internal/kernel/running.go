package kernel

// RunningStatistics is what BatchNorm remembers of the batches of training, and evaluation by it.
type RunningStatistics interface {
	// UpdateRunning moves mean[C] and variance[C] towards a batch's, in place: r += momentum (s -
	// r), where s is the average over groups of their mean and of their unbiased variance.
	// batchMean and batchIStd [groups,C] come from BatchNorm with this eps; a group has rows rows,
	// at least 2.
	UpdateRunning(mean, variance, batchMean, batchIStd Tensor, rows int, eps, momentum float64)
	// BatchNormRunning: y[R,C] = finish((x-mean) / sqrt(variance+eps) * gamma + beta), with all
	// four [C]; gamma and beta are optional.
	BatchNormRunning(y, x, mean, variance, gamma, beta Tensor, eps float64, f Finish)
}
