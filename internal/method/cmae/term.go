package cmae

import (
	"cmae/internal/dataset/loader"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/losses"
	"cmae/internal/model"
	"cmae/internal/recipe"
)

// Term is a term of the loss with all that belongs to it: its head on the encoder, its data, what
// it asks of a recipe. A type that embeds Plain writes only what it needs.
type Term interface {
	// Describe names the term for people and metrics, with the recipe's weight. At weight 0 nothing
	// of the term is built.
	Describe(c recipe.Pretrain) losses.Term
	// Head makes the term's parameters and inputs.
	Head(s *Step) Head

	// Parts are the heads by the names of their parameters.
	Parts() []nn.Part
	// Views asks for what a batch must hold beside the masked query.
	Views(c recipe.Pretrain, o *loader.Options)
	// Pixels tells whether the term reads the query's images, and not only the encoder does.
	Pixels() bool
	// Feed uploads the inputs that Head made.
	Feed(d Data)
	// MinMemory adds the least memory of the head, on batch images, to d.
	MinMemory(d *model.MinMemory, c recipe.Sized, batch int)
	// Warnings lists what is allowed and probably not meant.
	Warnings(c recipe.Sized) []string
}

// Head is what a term does in a step, as two moments of it.
type Head struct {
	// Before makes the passes without gradient that the loss needs; nil where there are none.
	Before func()
	// Loss is the term's value, a scalar, from the step's Q1.
	Loss func() *op.Node
}

// Data is a part of a batch, as a term uploads what it needs of it.
type Data struct {
	*exec.Func
	Recipe   recipe.Sized
	Batch    *loader.Batch
	From, To int     // its images: from one index (included) to another (excluded)
	Visible  []int32 // [B,V] the query's visible patches
}

// Plain is the rest of a term that needs nothing but a head.
type Plain struct{}

// Parts are none.
func (Plain) Parts() []nn.Part { return nil }

// Views asks for nothing.
func (Plain) Views(recipe.Pretrain, *loader.Options) {}

// Pixels are not read.
func (Plain) Pixels() bool { return false }

// Feed uploads nothing.
func (Plain) Feed(Data) {}

// MinMemory adds nothing.
func (Plain) MinMemory(*model.MinMemory, recipe.Sized, int) {}

// Warnings are none.
func (Plain) Warnings(recipe.Sized) []string { return nil }
