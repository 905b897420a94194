package kernel

// LayerNormalization scales rows to zero mean and unit variance.
type LayerNormalization interface {
	// LayerNorm over each row: y[R,C] = (x-mean)*rstd*gamma[C] + beta[C]. mean[R], rstd[R] are kept
	// for the gradient (F32), optional. y may be BF16.
	LayerNorm(y, mean, rstd, x, gamma, beta Tensor, eps float64)
	// LayerNormGrad writes dx[R,C], dgamma[C], dbeta[C]. dy may be BF16.
	LayerNormGrad(dx, dgamma, dbeta, x, gamma, mean, rstd, dy Tensor)
}

// Finish is what BatchNorm does to each result before it is stored, in this order.
type Finish struct {
	Residual Tensor // [R,C], optional: added
	ReLU     bool
}

// BatchNormalization scales columns to zero mean and unit variance; an engine may have it.
type BatchNormalization interface {
	// BatchNorm over each column of x[R,C] by its biased variance: y = finish((x-mean)*istd*gamma +
	// beta); gamma and beta are optional. Rows are cut into groups equal parts, each with
	// statistics of its own (mean and istd are [groups,C]).
	BatchNorm(y, mean, istd, x, gamma, beta Tensor, eps float64, groups int, f Finish)
	// BatchNormGrad writes dx[R,C] and, unless absent, dgamma[C] and dbeta[C]. Where y is present
	// it is a result that finished in ReLU, and dy counts only where y is positive.
	BatchNormGrad(dx, dgamma, dbeta, x, gamma, mean, istd, dy, y Tensor, groups int)
}

// RunningStatistics is what BatchNorm remembers of the batches of training, and evaluation by it;
// an engine may have it.
type RunningStatistics interface {
	// UpdateRunning moves mean[C] and variance[C] towards a batch's, in place: r += momentum (s -
	// r), where s is the average over groups of their mean and of their unbiased variance.
	// batchMean and batchIStd [groups,C] come from BatchNorm with this eps; a group has rows rows,
	// at least 2.
	UpdateRunning(mean, variance, batchMean, batchIStd Tensor, rows int, eps, momentum float64)
	// BatchNormRunning: y[R,C] = finish((x-mean) / sqrt(variance+eps) * gamma + beta), with all
	// four [C]; gamma and beta are optional. y and x may be BF16.
	BatchNormRunning(y, x, mean, variance, gamma, beta Tensor, eps float64, f Finish)
}

// MinLength is the least that L2Normalize divides a row by.
const MinLength = 1e-12

// L2Normalization scales rows to length 1; an engine may have it.
type L2Normalization interface {
	// L2Normalize: y[R,C] = x / max(|x|, MinLength) per row; norm[R] keeps the divisor.
	L2Normalize(y, norm, x Tensor)
	// L2NormalizeGrad: dx = (dy - y (y.dy)) / norm.
	L2NormalizeGrad(dx, y, norm, dy Tensor)
}

// Standardization makes the targets of norm_pix; an engine may have it.
type Standardization interface {
	// Standardize: y = (x-mean) / sqrt(unbiased variance + eps) per row (a patch's own pixels).
	Standardize(y, x Tensor, eps float64)
}
