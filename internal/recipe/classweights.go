package recipe

// ClassWeights says how much an image of a class counts in the loss of a classifier.
type ClassWeights string

// Every image counts alike, or every class.
const (
	NoWeights       ClassWeights = "none"
	BalancedWeights ClassWeights = "balanced"
)

// Of returns the weight of an image by its class, where class c has counts[c] images: nil where all
// images count alike, else n/(C counts[c]) of n images in all and C classes that have any, whose
// mean over the images is 1. A class without images weighs 1.
func (w ClassWeights) Of(counts []int) []float32 {
	if w != BalancedWeights {
		return nil
	}
	images, present := 0, 0
	for _, n := range counts {
		images += n
		if n > 0 {
			present++
		}
	}
	weights := make([]float32, len(counts))
	for c, n := range counts {
		weights[c] = 1
		if n > 0 {
			weights[c] = float32(float64(images) / float64(present*n))
		}
	}
	return weights
}
