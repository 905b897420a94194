package cmae

import (
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/losses"
	"cmae/internal/model"
	"cmae/internal/recipe"
)

// Reconstruct is L_con: the decoder predicts the pixels of hidden patches (spec 1.9).
type Reconstruct struct{ Plain }

// Describe names the term.
func (Reconstruct) Describe(c recipe.Pretrain) losses.Term {
	term := losses.Term{
		Name: "reconstruct", Title: "Reconstruction, L_con", Unit: "mean squared error a value",
		Weight: c.Reconstruct.Weight,
	}
	if c.Reconstruct.NormPix {
		term.Guess = 1 // the mean of each patch
	}
	return term
}

// Parts are the decoder.
func (Reconstruct) Parts() []nn.Part { return []nn.Part{model.DecoderPart()} }

// Head makes the decoder.
func (Reconstruct) Head(s *Step) Head {
	c := s.Recipe
	decoder := model.NewDecoder(s.Scope, c.Decoder, c.Model.Dim, c.Grid(), c.Pixels())
	hidden := s.Input("hidden", s.ParamType(), s.Batch(), c.Patches()) // [B,N]
	return Head{Loss: func() *op.Node {
		pred := decoder.Forward(s.Q1, s.Query.Restore) // [B,N,P]
		s.Stage("pred", pred)
		return losses.Reconstruction(
			pred, s.Query.Images, hidden, c.Model.PatchSize, c.Reconstruct.NormPix,
		)
	}}
}

// Pixels are what is predicted.
func (Reconstruct) Pixels() bool { return true }

// Feed uploads which patches are hidden.
func (Reconstruct) Feed(d Data) {
	exec.Feed(d.Func, "hidden", hidden(d.Visible, d.Recipe.Patches(), d.Recipe.Visible()))
}

// MinMemory adds the decoder.
func (Reconstruct) MinMemory(d *model.MinMemory, c recipe.Sized, batch int) {
	*d = append(*d, c.Decoder.MinMemory(c.Side, batch, c.Patches(), true)...)
}

// Warnings are the decoder's.
func (Reconstruct) Warnings(c recipe.Sized) []string { return c.Decoder.Warnings(c.Grid()) }
