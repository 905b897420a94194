package kernel

// Epilogue is what Linear does to each result before it is stored, in this order.
type Epilogue struct {
	Bias     Tensor // [N], optional
	Pre      Tensor // optional: receives the value before GELU, in y's type and shape
	GELU     bool
	Residual Tensor // [R,N], optional: added last; may be y itself
}

// Products are a linear layer and its gradients. x, dy and weights may be BF16 (then both factors
// are); y, dx may be F32 or BF16, sums are at least F32.
type Products interface {
	// Linear: y[R,N] = epilogue(x[R,K] w[N,K]^T).
	Linear(y, x, w Tensor, e Epilogue)
	// LinearGradInput: dx[R,K] = dy[R,N] w[N,K].
	LinearGradInput(dx, dy, w Tensor)
	// LinearGradWeight: dw[N,K] = dy[R,N]^T x[R,K]; dw is F32 (F64 in checks). db[N] is the column
	// sum of dy, optional.
	LinearGradWeight(dw, db, dy, x Tensor)
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

// MatrixProduct is the product of any two matrices; an engine may have it.
type MatrixProduct interface {
	// MatMul: c[m,n] = alpha op(a) op(b), op transposing its matrix when asked. Rank 2 only.
	MatMul(c, a, b Tensor, transA, transB bool, alpha float64)
}
