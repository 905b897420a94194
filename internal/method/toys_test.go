package method_test

import (
	"cmae/internal/dataset/loader"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/losses"
	"cmae/internal/method"
	"cmae/internal/method/cmae"
	"cmae/internal/model"
	"cmae/internal/recipe"
)

// toys are the methods of cmae, with a toy of a term and a toy of a method: what docs/extending.md
// asks of a new one is all that they have.
func toys() method.Table {
	return append(method.Table{cmae.New(colour{})}, append(method.All()[1:], whole{})...)
}

// colour is a term: the class token tells the mean colour of the image.
type colour struct{ cmae.Plain }

func (colour) Describe(recipe.Pretrain) losses.Term {
	return losses.Term{
		Name: "colour", Title: "Mean colour", Unit: "squared error an image", Weight: 0.5,
	}
}

func (colour) Parts() []nn.Part {
	return []nn.Part{{Name: "colour head", Prefixes: []string{"colour."}, Settings: "nothing"}}
}

func (colour) Head(s *cmae.Step) cmae.Head {
	head := newColourHead(s.Builder, s.Recipe)
	return cmae.Head{Loss: func() *op.Node { return head.loss(s.Q1) }}
}

func (colour) Feed(d cmae.Data) { feedColours(d.Func, d.Recipe, d.Batch, d.From, d.To) }

// colourHead is Linear D to 3, on the class token.
type colourHead struct {
	linear *nn.Linear
	target *op.Node // [B,1,3]
}

func newColourHead(b *exec.Builder, c recipe.Sized) colourHead {
	return colourHead{
		nn.NewLinear(b.Sub("colour").Sub("mean"), c.Model.Dim, 3),
		b.Input("colours", b.ParamType(), b.Batch(), 1, 3),
	}
}

func (h colourHead) loss(tokens *op.Node) *op.Node {
	out := h.linear.Forward(op.SliceTokens(tokens, 0, 1)) // [B,1,3]
	return op.SquaredError(out, h.target, 1/float64(out.Shape()[0]))
}

func feedColours(f *exec.Func, c recipe.Sized, b *loader.Batch, from, to int) {
	plane := c.Side * c.Side
	means := make([]float32, (to-from)*3)
	for i := range means {
		for _, v := range b.Query[(from*3+i)*plane:][:plane] {
			means[i] += v / float32(plane)
		}
	}
	exec.Feed(f, "colours", means)
}

// whole is a method: an encoder of whole images tells their mean colour.
type whole struct{}

func (whole) Name() string                                       { return "whole" }
func (whole) Title(recipe.Pretrain) string                       { return "whole images" }
func (whole) Defaults(c *recipe.Pretrain, _ recipe.Pretrain)     { c.Optim.BaseLR = 2e-3 }
func (whole) Idle() []string                                     { return []string{"mask", "decoder"} }
func (whole) Check(recipe.Pretrain) error                        { return nil }
func (whole) CheckSide(recipe.Sized) error                       { return nil }
func (whole) Unit(recipe.Pretrain) int                           { return 1 }
func (whole) Sharding(recipe.Pretrain) error                     { return nil }
func (whole) Warnings(recipe.Sized) []string                     { return nil }
func (whole) Views(recipe.Sized, *loader.Options)                {}
func (whole) Pixels(recipe.Pretrain) bool                        { return false }
func (whole) Start(*exec.Func, recipe.Pretrain)                  {}
func (whole) Momentum(recipe.Pretrain, int, int) (float64, bool) { return 0, false }
func (whole) After(*exec.Func, recipe.Pretrain, int, []int32)    {}
func (whole) Parts() []nn.Part                                   { return colour{}.Parts() }

func (whole) Terms(c recipe.Pretrain) []losses.Term {
	return []losses.Term{colour{}.Describe(c)}
}

func (whole) MinMemory(c recipe.Sized, batch int) model.MinMemory {
	return c.Model.MinMemoryOf(c.Side, batch, c.Patches(), true)
}

func (whole) Build(b *exec.Builder, c recipe.Sized, query, _ *op.Node) []losses.Term {
	encoder := model.NewEncoder(b.Scope, c.Model, c.Side)
	all := b.Repeat("all", model.EveryPatch(c.Patches()))
	term := colour{}.Describe(c.Pretrain)
	term.Value = newColourHead(b, c).loss(encoder.Forward(encoder.Embed(query), all, nil).Tokens)
	return []losses.Term{term}
}

func (whole) Feed(f *exec.Func, c recipe.Sized, b *loader.Batch, from, to int) {
	feedColours(f, c, b, from, to)
}
