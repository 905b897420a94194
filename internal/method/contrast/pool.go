package contrast

import (
	"cmae/internal/config"
	"cmae/internal/graph/op"
	"cmae/internal/recipe"
)

// Pool is what a projector sees of a pass [B,1+T,D] of a transformer (contrast.pool): the mean over
// the restored tokens [B,N,D], or over the patch tokens of the pass if restored is nil; the cls of
// the pass; or the sum of both. It is [B,D].
func Pool(c recipe.Contrast, pass, restored *op.Node) *op.Node {
	cls := func() *op.Node { return op.PoolTokens(pass, 0, 1) }
	mean := func() *op.Node {
		if restored != nil {
			return op.PoolTokens(restored, 0, restored.Shape()[1])
		}
		return op.PoolTokens(pass, 1, pass.Shape()[1])
	}
	switch c.Pool {
	case recipe.PoolMean:
		return mean()
	case recipe.PoolCls:
		return cls()
	case recipe.PoolBoth:
		return op.Add(mean(), cls())
	}
	panic(config.Unknown(c.Pool))
}
