package kernel

// Engine computes. Its methods cannot fail: the ops above check shapes and types before they build
// a graph, and a device that breaks while running panics with an *Error, which the executor turns
// into an ordinary one.
//
// A method writes its first arguments (results) and reads the rest. Results never overlap operands
// unless a method says so. Floating-point operands share one type, F32 or F64, unless a method says
// more; indices are I32. Sums run in a fixed order, so that equal input gives equal bits whatever
// the number of threads.
type Engine interface {
	Memory
	Dense
	Attention
	Convolution
	Normalization
	RunningStatistics
	Elementwise
	Tokens
	Losses
	Updates

	// Name is how users and logs call the engine: "portable", "onednn".
	Name() string
	// Close frees threads and memory. The engine and its tensors are not used afterwards.
	Close() error
}

// Memory owns the numbers. Only Upload and Download cross between the engine's memory and the
// host's.
type Memory interface {
	// New allocates zeroed elements, aligned to 64 bytes.
	New(t DType, shape ...int) Tensor
	// Free gives memory from New back.
	Free(t Tensor)
	// Upload fills dst with the little-endian bytes of as many elements.
	Upload(dst Tensor, src []byte)
	// Download is the inverse of Upload; it waits for what is still being computed.
	Download(dst []byte, src Tensor)
	// Zero sets every element to 0; Copy moves elements between tensors of one type and length.
	Zero(t Tensor)
	Copy(dst, src Tensor)
	// Cast converts between F32, F64 and BF16 (round to nearest even).
	Cast(dst, src Tensor)
}

// Epilogue is what Linear does to each result before it is stored, in this order.
type Epilogue struct {
	Bias     Tensor // [N], optional
	Pre      Tensor // optional: receives the value before GELU, in y's type and shape
	GELU     bool
	Residual Tensor // [R,N], optional: added last; may be y itself
}

// Dense is matrix algebra. x, dy and weights may be BF16 (then both factors are); y, dx may be F32
// or BF16, sums are at least F32.
type Dense interface {
	// Linear: y[R,N] = epilogue(x[R,K] w[N,K]^T).
	Linear(y, x, w Tensor, e Epilogue)
	// LinearGradInput: dx[R,K] = dy[R,N] w[N,K].
	LinearGradInput(dx, dy, w Tensor)
	// LinearGradWeight: dw[N,K] = dy[R,N]^T x[R,K]; dw is F32 (F64 in checks). db[N] is the column
	// sum of dy, optional.
	LinearGradWeight(dw, db, dy, x Tensor)
	// MatMul: c[m,n] = alpha op(a) op(b), op transposing its matrix when asked. Rank 2 only.
	MatMul(c, a, b Tensor, transA, transB bool, alpha float64)
}

// Attention is softmax(q k^T / sqrt(D/H)) v per head, with q, k and v packed in one tensor. qkv,
// out and their gradients may be BF16; probs is at least F32.
type Attention interface {
	// Attention: out[B,T,D] from qkv[B,T,3D], whose last dimension is [q|k|v], each
	// [head0|head1|..]. probs[B,H,T,T] keeps the softmax for the gradient and for heat maps; absent
	// means that nobody needs it.
	Attention(out, probs, qkv Tensor, heads int)
	// AttentionGrad: dqkv[B,T,3D] from dout[B,T,D].
	AttentionGrad(dqkv, qkv, probs, dout Tensor, heads int)
}

// Finish is what BatchNorm does to each result before it is stored, in this order.
type Finish struct {
	Residual Tensor // [R,C], optional: added
	ReLU     bool
}

// Normalization scales rows or columns to zero mean and unit variance.
type Normalization interface {
	// LayerNorm over each row: y[R,C] = (x-mean)*rstd*gamma[C] + beta[C]. mean[R], rstd[R] are kept
	// for the gradient (F32), optional. y may be BF16.
	LayerNorm(y, mean, rstd, x, gamma, beta Tensor, eps float64)
	// LayerNormGrad writes dx[R,C], dgamma[C], dbeta[C]. dy may be BF16.
	LayerNormGrad(dx, dgamma, dbeta, x, gamma, mean, rstd, dy Tensor)
	// BatchNorm over each column of x[R,C] by its biased variance: y = finish((x-mean)*istd*gamma +
	// beta); gamma and beta are optional. Rows are cut into groups equal parts, each with
	// statistics of its own (mean and istd are [groups,C]).
	BatchNorm(y, mean, istd, x, gamma, beta Tensor, eps float64, groups int, f Finish)
	// BatchNormGrad writes dx[R,C] and, unless absent, dgamma[C] and dbeta[C]. Where y is present
	// it is a result that finished in ReLU, and dy counts only where y is positive.
	BatchNormGrad(dx, dgamma, dbeta, x, gamma, mean, istd, dy, y Tensor, groups int)
	// L2Normalize: y[R,C] = x / max(|x|, 1e-12) per row; norm[R] keeps the divisor.
	L2Normalize(y, norm, x Tensor)
	// L2NormalizeGrad: dx = (dy - y (y.dy)) / norm.
	L2NormalizeGrad(dx, y, norm, dy Tensor)
	// Standardize: y = (x-mean) / sqrt(unbiased variance + eps) per row (a patch's own pixels).
	Standardize(y, x Tensor, eps float64)
}

// Elementwise works on tensors of one length.
type Elementwise interface {
	// GELU: y = x/2 (1 + erf(x/sqrt 2)). GELUGrad: dx = dy gelu'(x). Any of them may be BF16.
	GELU(y, x Tensor)
	GELUGrad(dx, x, dy Tensor)
	// ReLU: y = max(x,0). ReLUGrad: dx = dy where y > 0.
	ReLU(y, x Tensor)
	ReLUGrad(dx, y, dy Tensor)
	// Add: c = a + b. c may be a or b.
	Add(c, a, b Tensor)
	// Scale: y = alpha x. y may be x.
	Scale(y, x Tensor, alpha float64)
	// ScaleRows: y[B,...] = x[B,...] s[B] (drop path: one factor an image).
	ScaleRows(y, x, s Tensor)
}

// Tokens moves patches and tokens about.
type Tokens interface {
	// Patchify cuts images[B,C,side,side] into patches[B,N,p*p*C] in row-major order of the grid.
	// Inside a patch the order is channel, row, column (a convolution's weight) or, with
	// channelsLast, row, column, channel (the reconstruction's target).
	Patchify(patches, images Tensor, p int, channelsLast bool)
	// GatherTokens: y[b,0] = cls + pos[0]; y[b,1+i] = x[b,ids[b,i]] + keep[b,i] pos[1+ids[b,i]].
	// y[B,1+V,D], cls[D], x[B,N,D], pos[1+N,D], ids[B,V]; keep[B,V] is optional (all ones): 0 hides
	// a token's position.
	GatherTokens(y, cls, x, pos, ids, keep Tensor)
	// GatherTokensGrad writes dcls[D] and dx[B,N,D] (zero where a patch was not taken); dx is
	// optional.
	GatherTokensGrad(dcls, dx, dy, ids Tensor)
	// GatherTokensGradPos: dpos[1+N,D], for each place the sum over images of dy there, times keep
	// (optional).
	GatherTokensGradPos(dpos, dy, ids, keep Tensor)
	// RestoreTokens puts visible tokens x[B,1+V,D] back in image order and mask[D] in the hidden
	// places, and adds pos[1+N,D]: y[b,0] = x[b,0] + pos[0]; y[b,1+n] = (x[b,1+restore[b,n]] if
	// restore[b,n] < V, else mask) + pos[1+n]. y is [B,1+N,D].
	RestoreTokens(y, x, mask, pos, restore Tensor)
	// RestoreTokensGrad writes dx[B,1+V,D] and dmask[D].
	RestoreTokensGrad(dx, dmask, dy, restore Tensor)
	// MergeTokens joins the patch tokens of two passes in image order, cls left out: with r =
	// restore[b,n], y[b,n] = a[b,1+r] if r < V, else m[b,1+r-V]. a[B,1+V,D], m[B,1+M,D], y[B,N,D].
	MergeTokens(y, a, m, restore Tensor)
	// MergeTokensGrad: da[B,1+V,D], the row of cls zero.
	MergeTokensGrad(da, dy, restore Tensor)
	// PoolTokens: y[B,D] = mean of x[b,from:to]. PoolTokensGrad: dx[B,T,D], zero outside.
	PoolTokens(y, x Tensor, from, to int)
	PoolTokensGrad(dx, dy Tensor, from, to int)
	// SliceTokens: y[B,to-from,D] = x[:,from:to]. PadTokens is its gradient: dx[B,T,D] holds dy at
	// from, zeros elsewhere.
	SliceTokens(y, x Tensor, from, to int)
	PadTokens(dx, dy Tensor, from int)
	// ConcatTokens: y[B,S+T,D] = a[B,S,D] before b[B,T,D].
	ConcatTokens(y, a, b Tensor)
	// Transpose: y[B,C,R] = x[B,R,C] per image.
	Transpose(y, x Tensor)
}

// Losses reduce to one number, loss[] (a scalar Tensor). Their gradients take the scalar dloss[].
type Losses interface {
	// MaskedMSE: mean over P of (pred-target)^2, then mean over the patches whose hidden[b,n] is 1.
	// pred, target [B,N,P], hidden [B,N].
	MaskedMSE(loss, pred, target, hidden Tensor)
	MaskedMSEGrad(dpred, pred, target, hidden, dloss Tensor)
	// SquaredError: scale * sum of (x-target)^2.
	SquaredError(loss, x, target Tensor, scale float64)
	SquaredErrorGrad(dx, x, target, dloss Tensor, scale float64)
	// SoftCrossEntropy: mean over rows of -sum_c target log softmax(logits). probs[R,C] keeps the
	// softmax.
	SoftCrossEntropy(loss, probs, logits, target Tensor)
	SoftCrossEntropyGrad(dlogits, probs, target, dloss Tensor)
	// InfoNCE: mean over b of -log( e(zq_b.zk_b) / (e(zq_b.zk_b) + sum over negatives e(zq_b.neg))
	// ), e(s) = exp(s/tau). Negatives are the zk of the other images, or the rows of queue[Q,C]
	// when it is present. probs is [B,B], or [B,1+Q] with the positive first.
	InfoNCE(loss, probs, zq, zk, queue Tensor, tau float64)
	// InfoNCEGrad: dzq[B,C]; zk and queue are constants.
	InfoNCEGrad(dzq, probs, zk, queue, dloss Tensor, tau float64)
	// WeightedSum: sum of weights[i] losses[i], all scalars.
	WeightedSum(total Tensor, losses []Tensor, weights []float64)
}

// AdamW is the numbers of one update. Step counts from 1.
type AdamW struct {
	LR, Beta1, Beta2, Eps, WeightDecay float64
	Step                               int
	// multiplies the gradient first (clipping, accumulation); 1 leaves it
	GradScale float64
	Companions
}

// SGD is the numbers of one update.
type SGD struct {
	LR, Momentum, WeightDecay float64
	GradScale                 float64 // as AdamW's
	Companions
}

// Companions are what an update brings up to date with the new p while that is in the cache, each
// absent where there is none.
type Companions struct {
	Follower     Tensor  // a momentum copy of p: Follower = Keep Follower + (1-Keep) p
	Keep         float64 // of Follower
	Copy         Tensor  // p rounded to BF16
	FollowerCopy Tensor  // Follower rounded to BF16
}

// Updates change parameters in place, in F32 or F64.
type Updates interface {
	// AdamW decays p by 1 - LR*WeightDecay, then moves it against m/(1-beta1^step) /
	// (sqrt(v/(1-beta2^step)) + eps), all in one pass over memory.
	AdamW(p, g, m, v Tensor, h AdamW)
	// SGD: d = GradScale g + WeightDecay p; v = Momentum v + d; p = p - LR v, all in one pass over
	// memory.
	SGD(p, g, v Tensor, h SGD)
	// Momentum: target = m target + (1-m) online.
	Momentum(target, online Tensor, m float64)
	// SumSquares of all elements, in float64; NaN and Inf come through.
	SumSquares(t Tensor) float64
}

// Error is what an engine panics with when its library or device fails while running.
type Error struct {
	Engine string
	Err    error
}

func (e *Error) Error() string { return "engine " + e.Engine + ": " + e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }
