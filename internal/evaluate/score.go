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

// tally counts answers.
type tally struct {
	perClass              []ClassScore
	correct, close, total int
}

func newTally(classes []string) *tally {
	t := &tally{perClass: make([]ClassScore, len(classes))}
	for i, name := range classes {
		t.perClass[i].Class = name
	}
	return t
}

// add enters one test image by the rank that its own class got, 0 for the best.
func (t *tally) add(label int32, rank int) {
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

func (t *tally) score() Score {
	s := Score{Accuracy: float64(t.correct) / float64(t.total), PerClass: t.perClass}
	if len(t.perClass) > 5 {
		top5 := float64(t.close) / float64(t.total)
		s.Top5 = &top5
	}
	return s
}

// rankOf is how many classes come before label by their scores; equals by index.
func rankOf[T float32 | float64](scores []T, label int32) int {
	rank := 0
	for i, s := range scores {
		if s > scores[label] || s == scores[label] && i < int(label) {
			rank++
		}
	}
	return rank
}
