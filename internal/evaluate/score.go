package evaluate

// Score is how often a test image got its own class.
type Score struct {
	Accuracy float64 `json:"accuracy"`
	// share whose class is among the five likeliest; with more than five classes only
	Top5     *float64     `json:"top5,omitempty"`
	PerClass []ClassScore `json:"per_class"`
}

// ClassScore is Score for the test images of one class.
type ClassScore struct {
	Class   string `json:"class"`
	Correct int    `json:"correct"`
	Total   int    `json:"total"`
}

// Accuracy is Correct of Total, 0 for a class without images.
func (c ClassScore) Accuracy() float64 { return float64(c.Correct) / float64(max(c.Total, 1)) }

// Tally counts how often test images get their own class.
type Tally struct {
	perClass              []ClassScore
	correct, close, total int
}

// NewTally begins without images.
func NewTally(classes []string) *Tally {
	t := &Tally{perClass: make([]ClassScore, len(classes))}
	for i, name := range classes {
		t.perClass[i].Class = name
	}
	return t
}

// Add enters one test image of class label by the rank that this class got, 0 for the best.
func (t *Tally) Add(label int32, rank int) {
	c := &t.perClass[label]
	c.Total++
	t.total++
	if rank == 0 {
		c.Correct++
		t.correct++
	}
	if rank < 5 {
		t.close++
	}
}

// Score is the outcome so far. There must have been an image.
func (t *Tally) Score() Score {
	s := Score{Accuracy: float64(t.correct) / float64(t.total), PerClass: t.perClass}
	if len(t.perClass) > 5 {
		top5 := float64(t.close) / float64(t.total)
		s.Top5 = &top5
	}
	return s
}

// RankOf is how many classes come before label by their scores; equals by index.
func RankOf[T float32 | float64](scores []T, label int32) int {
	rank := 0
	for i, s := range scores {
		if s > scores[label] || s == scores[label] && i < int(label) {
			rank++
		}
	}
	return rank
}

// Confusion is a Tally that also counts which classes test images are taken for.
type Confusion struct {
	*Tally
	counts [][]int // [C,C]
}

// NewConfusion begins without images.
func NewConfusion(classes []string) *Confusion {
	c := &Confusion{NewTally(classes), make([][]int, len(classes))}
	for i := range c.counts {
		c.counts[i] = make([]int, len(classes))
	}
	return c
}

// Add enters one image of class label by its scores[C]; of equal scores the first counts as higher.
func (c *Confusion) Add(scores []float32, label int32) {
	c.Tally.Add(label, RankOf(scores, label))
	best := 0
	for i, s := range scores {
		if s > scores[best] {
			best = i
		}
	}
	c.counts[label][best]++
}

// Matrix counts images by their class, then by what they were taken for: [C,C].
func (c *Confusion) Matrix() [][]int { return c.counts }
