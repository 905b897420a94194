package cmae

import (
	"slices"

	"cmae/internal/dataset/loader"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/recipe"
)

// View is one augmented view of the batch with its mask. Ids count patches in row-major order.
type View struct {
	Images  *op.Node // [B,C,S,S]
	Visible *op.Node // [B,V] patches that the encoder sees, in shuffled order
	Masked  *op.Node // [B,N-V] the others
	Restore *op.Node // [B,N] rank of every patch in the shuffled order
	Keep    *op.Node // [B,V] 0 where a visible token goes without its position; nil keeps all
}

// newView is a view of every n-th of images with v of their patches visible. It makes the inputs
// of its mask.
func newView(b *exec.Builder, c recipe.Sized, name string, images *op.Node, n, v int) View {
	input := func(part string, patches int) *op.Node {
		return b.InputOfEvery(n, name+part, kernel.I32, patches)
	}
	return View{
		Images:  everyNth(images, n),
		Visible: input(".visible", v),
		Masked:  input(".masked", c.Patches()-v),
		Restore: input(".restore", c.Patches()),
	}
}

// everyNthOf is everyNth of rows so wide.
func everyNthOf[V any](values []V, width, n int) []V {
	if n == 1 {
		return values
	}
	var all []V
	for i := 0; i < len(values); i += n * width {
		all = append(all, values[i:i+width]...)
	}
	return all
}

// everyNth is rows 0, n, 2n and so on of x[B,...]; all of them, x itself, if n is 1.
func everyNth(x *op.Node, n int) *op.Node {
	if n == 1 {
		return x
	}
	shape := slices.Clone(x.Shape())
	rows, row := shape[0]/n, shape.TotalSize()/shape[0]
	shape[0] = rows
	first := op.SliceTokens(op.Reshape(x, rows, n, row), 0, 1) // [B/n,1,row]
	return op.Reshape(first, shape...)
}

// feedMask shuffles the patches of every n-th image of a view by noise[B,N] of the whole batch
// (spec 1.3), uploads the result and returns the v patches [B/n,V] that are visible.
func (d Data) feedMask(name string, noise []float32, every, v int) []int32 {
	patches := d.Recipe.Patches()
	own := everyNthOf(noise[d.From*patches:d.To*patches], patches, every)
	m := loader.NewMask(own, patches, v)
	exec.Feed(d.Func, name+".visible", m.Visible)
	exec.Feed(d.Func, name+".masked", m.Masked)
	exec.Feed(d.Func, name+".restore", m.Restore)
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

// gather picks the values of the visible patches ids[B,V] from values[B,N]: [B,V].
func gather(values []float32, ids []int32, n, v int) []float32 {
	out := make([]float32, len(ids))
	for i, id := range ids {
		out[i] = values[i/v*n+int(id)]
	}
	return out
}
