package portable

func init() {
	if Vectorized() {
		vector.layerNorm, vector.layerNormGrad = layerNormAVX2, layerNormGradAVX2
	}
}

func layerNormAVX2(y, mean, rstd, x, gamma, beta []float32, eps float64) {
	if !whole(len(gamma), x) {
		layerNormLoop(y, mean, rstd, x, gamma, beta, eps)
		return
	}
	layerNormRows256(
		&y[0], &x[0], &mean[0], &rstd[0], &gamma[0], &beta[0], len(mean), len(gamma), eps,
	)
}

func layerNormGradAVX2(dx, dgamma, dbeta, x, gamma, mean, rstd, dy []float32) {
	if !whole(len(gamma), x) {
		layerNormGradLoop(dx, dgamma, dbeta, x, gamma, mean, rstd, dy)
		return
	}
	layerNormGradRows256(
		&dx[0], &dgamma[0], &dbeta[0], &x[0], &gamma[0], &mean[0], &rstd[0], &dy[0], len(mean),
		len(gamma),
	)
}

//go:noescape
func layerNormRows256(y, x, mean, rstd, gamma, beta *float32, rows, cols int, eps float64)

//go:noescape
func layerNormGradRows256(dx, dgamma, dbeta, x, gamma, mean, rstd, dy *float32, rows, cols int)
