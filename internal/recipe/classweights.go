package recipe

// ClassWeights says how much an image of a class counts in the loss of a classifier.
type ClassWeights string

// Every image counts alike, or every class.
const (
	NoWeights       ClassWeights = "none"
	BalancedWeights ClassWeights = "balanced"
)

// Of are the weights of classes of which there are so many images: nil where all count alike, else
// n/(C counts), whose mean over the n images is 1. C counts the classes that have images; the
// others weigh 1.
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
