package evaluate

// Verdict gathers what a classifier says of test images, one after the other.
type Verdict struct {
	tally     *tally
	confusion [][]int
}

// NewVerdict begins without images.
func NewVerdict(classes []string) *Verdict {
	v := &Verdict{tally: newTally(classes), confusion: make([][]int, len(classes))}
	for i := range v.confusion {
		v.confusion[i] = make([]int, len(classes))
	}
	return v
}

// Add enters one image of class label by its scores[C]; of equal scores the first counts as higher.
func (v *Verdict) Add(scores []float32, label int32) {
	v.tally.add(label, rankOf(scores, label))
	said := 0
	for i, s := range scores {
		if s > scores[said] {
			said = i
		}
	}
	v.confusion[label][said]++
}

// Score is how often images got their own class. There must have been one.
func (v *Verdict) Score() Score { return v.tally.score() }

// Confusion counts images by their class, then by what they were taken for.
func (v *Verdict) Confusion() [][]int { return v.confusion }
