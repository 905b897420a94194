package kernel

// Tokens move patches and tokens about; an engine may have any of these interfaces. Position tables
// are [1+N,D] or [1,1+N,D], and single tokens have any shape of D elements.

// Patches are pieces of images.
type Patches interface {
	// Patchify cuts images[B,C,side,side] into patches[B,N,p*p*C] in row-major order of the grid.
	// Inside a patch the order is channel, row, column (a convolution's weight) or, with
	// channelsLast, row, column, channel (the reconstruction's target).
	Patchify(patches, images Tensor, p int, channelsLast bool)
}

// TokenGathering takes the visible patches.
type TokenGathering interface {
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
}

// TokenRestoring puts visible tokens back among the hidden ones.
type TokenRestoring interface {
	// RestoreTokens puts visible tokens x[B,1+V,D] back in image order and mask[D] in the hidden
	// places, and adds pos[1+N,D]: y[b,0] = x[b,0] + pos[0]; y[b,1+n] = (x[b,1+restore[b,n]] if
	// restore[b,n] < V, else mask) + pos[1+n]. y is [B,1+N,D].
	RestoreTokens(y, x, mask, pos, restore Tensor)
	// RestoreTokensGrad writes dx[B,1+V,D] and dmask[D].
	RestoreTokensGrad(dx, dmask, dy, restore Tensor)
}

// TokenMerging joins what two passes made of the same image.
type TokenMerging interface {
	// MergeTokens joins the patch tokens of two passes in image order, cls left out: with r =
	// restore[b,n], y[b,n] = a[b,1+r] if r < V, else m[b,1+r-V]. a[B,1+V,D], m[B,1+M,D], y[B,N,D].
	MergeTokens(y, a, m, restore Tensor)
	// MergeTokensGrad: da[B,1+V,D], the row of cls zero.
	MergeTokensGrad(da, dy, restore Tensor)
}

// TokenPooling averages tokens.
type TokenPooling interface {
	// PoolTokens: y[B,D] = mean of x[b,from:to]. PoolTokensGrad: dx[B,T,D], zero outside.
	PoolTokens(y, x Tensor, from, to int)
	PoolTokensGrad(dx, dy Tensor, from, to int)
}

// TokenSlicing takes sequences apart and puts them together.
type TokenSlicing interface {
	// SliceTokens: y[B,to-from,D] = x[:,from:to]. PadTokens is its gradient: dx[B,T,D] holds dy at
	// from, zeros elsewhere.
	SliceTokens(y, x Tensor, from, to int)
	PadTokens(dx, dy Tensor, from int)
	// ConcatTokens: y[B,S+T,D] = a[B,S,D] before b[B,T,D].
	ConcatTokens(y, a, b Tensor)
}

// Transposition swaps tokens and channels.
type Transposition interface {
	// Transpose: y[B,C,R] = x[B,R,C] per image.
	Transpose(y, x Tensor)
}
