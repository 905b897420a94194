package cmae

import (
	"cmae/internal/dataset/loader"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/recipe"
)

// View is one augmented view of the batch with its mask. Ids count patches in row-major order.
type View struct {
	Images  *op.Node // [B,3,S,S]
	Visible *op.Node // [B,V] patches that the encoder sees, in shuffled order
	Masked  *op.Node // [B,N-V] the others
	Restore *op.Node // [B,N] rank of every patch in the shuffled order
	Keep    *op.Node // [B,V] 0 where a visible token goes without its position; nil keeps all
}

// newView makes the inputs of a view's mask.
func newView(b *exec.Builder, c recipe.Sized, name string, images *op.Node) View {
	n, v := c.Patches(), c.Visible()
	return View{
		Images:  images,
		Visible: b.Input(name+".visible", kernel.I32, b.Batch(), v),
		Masked:  b.Input(name+".masked", kernel.I32, b.Batch(), n-v),
		Restore: b.Input(name+".restore", kernel.I32, b.Batch(), n),
	}
}

// feedMask shuffles the patches of a view by noise[B,N] (spec 1.3), uploads the result and returns
// the visible patches [B,V].
func feedMask(f *exec.Func, c recipe.Sized, name string, noise []float32) []int32 {
	m := loader.NewMask(noise, c.Patches(), c.Visible())
	exec.Feed(f, name+".visible", m.Visible)
	exec.Feed(f, name+".masked", m.Masked)
	exec.Feed(f, name+".restore", m.Restore)
	return m.Visible
}

// hidden is the mask [B,N] of the reconstruction loss: 1 where a patch is hidden (Eq. 3), for the
// visible patches ids[B,V].
func hidden(ids []int32, n, v int) []float32 {
	mask := make([]float32, len(ids)/v*n)
	for i := range mask {
		mask[i] = 1
	}
	for i, id := range ids {
		mask[i/v*n+int(id)] = 0
	}
	return mask
}

// gather picks from values[B,N] those of the visible patches ids[B,V].
func gather(values []float32, ids []int32, n, v int) []float32 {
	out := make([]float32, len(ids))
	for i, id := range ids {
		out[i] = values[i/v*n+int(id)]
	}
	return out
}
