package recipe

// FinetuneRecipe says which defaults finetuning has.
type FinetuneRecipe string

// MAE's recipe, one for few labels, or whichever of them the number of labels asks for.
const (
	Auto  FinetuneRecipe = "auto"
	Full  FinetuneRecipe = "full"
	Light FinetuneRecipe = "light"
)

// enough is how many optimizer steps the full recipe is left to: what it mixes and erases has to be
// averaged out. docs/results/few-labels.md has what was measured.
const enough = 10_000

// The light recipe: its batches leave lightSteps an epoch where they can, down to smallestBatch
// images, or as many as there are; lightRate is the peak of the learning rate.
const (
	lightSteps    = 150
	smallestBatch = 16
	lightRate     = 6e-4
)

// Few reports whether so many labels leave the full recipe fewer steps than it needs.
func (c Finetune) Few(labels int) bool {
	return labels/max(c.Train.BatchSize, 1)*c.Train.Epochs < enough
}

// Light is c with the defaults for so few labels in so many epochs.
func (c Finetune) Light(labels, epochs int) Finetune {
	c.Recipe = Light
	c.Augment.RandOps, c.Augment.EraseProb, c.Augment.ScaleMin = 0, 0, .35
	c.Mix = Mix{Prob: 1, SwitchProb: .5, Smoothing: .1}
	c.Train.DropPath = 0
	if !c.Model.IsResNet() {
		c.Train.LayerDecay = .75
	}
	for c.Train.BatchSize > smallestBatch && labels/c.Train.BatchSize < lightSteps {
		c.Train.BatchSize /= 2
	}
	c.Train.BatchSize = max(min(c.Train.BatchSize, labels), 1)
	c.Optim.BaseLR = lightRate * 256 / float64(c.Train.BatchSize)
	c.Optim.WarmupEpochs = min(c.Optim.WarmupEpochs, float64(epochs)/10)
	return c
}
