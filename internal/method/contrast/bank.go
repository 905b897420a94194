package contrast

import (
	"cmae/internal/graph/exec"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/recipe"
)

// Bank is a state of the graph, unit vectors [images,C].
const Bank = "bank"

// What renews the bank after a step is an output, the new keys of the batch's contrasted images
// [b,C]; which images these are is an input [b], of a shard.
const (
	outFresh = "bank.fresh"
	inImages = "bank.images"
)

// FromBank is a query, unit vectors z[b,C] of every n-th image, with its keys from the bank (as the
// non-parametric classifier of Wu et al. 2018, arXiv 1805.01978, which has all other images as
// negatives): of each image a moving average of its projections, unit vectors p[b,C], of the epochs
// before. No network makes keys, so that a step costs hardly more than without contrast.
func FromBank(b *exec.Builder, c recipe.Sized, z, p *op.Node) Pair {
	k := c.Contrast
	bank := b.State(Bank, b.ParamType(), max(c.Images, b.Batch()), k.Out)
	images := b.InputOfEvery(k.Every, inImages, kernel.I32)
	keys := op.TakeRows(bank, images)
	fresh := op.L2Normalize(op.Add(op.Scale(keys, k.BankMomentum), op.Scale(p, 1-k.BankMomentum)))
	b.Output(outFresh, op.AllGather(b.Comm(), fresh))
	return Pair{Query: z, Key: keys}
}

// FeedBank uploads which images of a shard are contrasted.
func FeedBank(f *exec.Func, images []int32) { exec.Feed(f, inImages, images) }

// renew gives the contrasted images of the whole batch their new keys.
func renew(f *exec.Func, images []int32) {
	if f.Has(Bank) {
		f.Engine().WriteRows(f.Value(Bank), f.Value(outFresh), images)
	}
}
