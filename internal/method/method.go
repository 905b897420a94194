// Package method is the table of the ways to pretrain, and what they have in common: the interface
// that each of them meets, the loading of a recipe with its method's defaults and checks, and the
// step that a method's graph becomes.
//
// Reading order: method.go (the interface), table.go (the methods, one a line), load.go (recipes),
// check.go (what a recipe must be), all.go (what most callers ask of the methods of cmae), step.go
// (a compiled step). The methods are packages below: method/cmae with MAE, method/moco with
// versions 1 to 3; what both have of momentum contrast is method/contrast.
package method

import (
	"cmae/internal/dataset/loader"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/losses"
	"cmae/internal/model"
	"cmae/internal/recipe"
)

// Method is a way of pretraining: all that the program knows of it. A value has no state; what it
// answers depends on the recipe.
type Method interface {
	// Name is what the setting method calls it.
	Name() string
	// Title names what a recipe trains, for people: "mae" is a case of method cmae.
	Title(c recipe.Pretrain) string
	Settings
	Objective
	Update
}

// Settings are how a method takes a recipe.
type Settings interface {
	// Defaults changes c, the defaults of all methods, to the method's own. chosen is c with what
	// the user has set, on which a default may depend.
	Defaults(c *recipe.Pretrain, chosen recipe.Pretrain)
	// Idle lists the keys, or sections, that the method does not read, beside the sections of terms
	// that it does not have. Setting one is refused, for what a user sets is never ignored.
	Idle() []string
	// Check refuses a recipe that the method cannot train, whatever the images, in the user's
	// terms.
	Check(c recipe.Pretrain) error
	// CheckSide is Check for what depends on the side of the images.
	CheckSide(c recipe.Sized) error
	// Sharding says, as an error in the user's terms, which setting keeps replicas from dividing a
	// batch among them; nil if none does.
	Sharding(c recipe.Pretrain) error
	// Unit is how many neighbouring images of a batch stay together in a replica; 1 where each may
	// be anywhere.
	Unit(c recipe.Pretrain) int
	// Warnings lists what is allowed and probably not meant.
	Warnings(c recipe.Sized) []string
	// MinMemory is the least memory of a step on batch images.
	MinMemory(c recipe.Sized, batch int) model.MinMemory
}

// Objective is what a method minimises, and the graph that computes it.
type Objective interface {
	// Terms describes the terms of the loss, with the recipe's weights and guesses, and no values.
	// Those of weight 0 are not built.
	Terms(c recipe.Pretrain) []losses.Term
	// Parts are the heads that may stand on the encoder, in the order in which people are told.
	Parts() []nn.Part
	// Views says what a batch must hold: one view of each image or two, mask noise.
	Views(c recipe.Sized, o *loader.Options)
	// Pixels tells whether the loss reads the query's images themselves. Where only encoders do, as
	// the key's, they are in the compute type.
	Pixels(c recipe.Pretrain) bool
	// Build adds a step to a replica's graph: the images of both views, [B,C,S,S] of the shard (key
	// is nil where Views asks for one), to the terms of weight above 0. The parameters of the
	// encoder have the names of spec 8.
	Build(b *exec.Builder, c recipe.Sized, query, key *op.Node) []losses.Term
	// Feed uploads what Build reads beside the images, for images from (included) to to (excluded)
	// of b.
	Feed(f *exec.Func, c recipe.Sized, b *loader.Batch, from, to int)
}

// Update is what the method itself does between steps; the optimizer's part is the loop's. What
// must outlast a run lies in states of the graph (exec.Builder.State), which checkpoints keep.
type Update interface {
	// Start gives the states of a new run their first values.
	Start(f *exec.Func, c recipe.Pretrain)
	// Momentum is the coefficient of the EMA before step (from 0) of steps; ok is false where
	// nothing follows the trained parameters.
	Momentum(c recipe.Pretrain, step, steps int) (m float64, ok bool)
	// After follows the optimizer's step; done counts the steps before it, and images has the
	// numbers of the batch's images, of all processes.
	After(f *exec.Func, c recipe.Pretrain, done int, images []int32)
}
