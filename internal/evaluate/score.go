package evaluate

// Score is how often a test image got its own class.
type Score struct {
	Accuracy float64 `json:"accuracy"`
	// Balanced is the mean accuracy of the classes, MacroF1 their mean F1: every class that has
	// test images counts alike, however many it has.
	Balanced float64 `json:"balanced_accuracy"`
	MacroF1  float64 `json:"macro_f1"`
	// share whose class is among the five likeliest; with more than five classes only
	Top5     *float64     `json:"top5,omitempty"`
	PerClass []ClassScore `json:"per_class"`
}

// ClassScore is Score for the test images of one class.
type ClassScore struct {
	Class     string `json:"class"`
	Correct   int    `json:"correct"`
	Total     int    `json:"total"`
	Predicted int    `json:"predicted"` // test images of any class that got this one
}

// Accuracy is Correct of Total, 0 for a class without images.
func (c ClassScore) Accuracy() float64 { return float64(c.Correct) / float64(max(c.Total, 1)) }

// F1 is the harmonic mean of the share of the class's images that got it and the share of images
// with this answer that are of the class; 0 for a class without images.
func (c ClassScore) F1() float64 {
	return 2 * float64(c.Correct) / float64(max(c.Total+c.Predicted, 1))
}

// tally counts how often test images get their own class.
type tally struct {
	perClass              []ClassScore
	correct, close, total int
}

// newTally begins without images.
func newTally(classes []string) *tally {
	t := &tally{perClass: make([]ClassScore, len(classes))}
	for i, name := range classes {
		t.perClass[i].Class = name
	}
	return t
}

// add enters one test image of class label by its answer.
func (t *tally) add(label int32, a Answer) {
	c := &t.perClass[label]
	c.Total++
	t.total++
	t.perClass[a.Class].Predicted++
	if a.Class == int(label) {
		c.Correct++
		t.correct++
	}
	if a.Rank < 5 {
		t.close++
	}
}

// Score is the outcome so far. There must have been an image.
func (t *tally) Score() Score {
	s := Score{Accuracy: float64(t.correct) / float64(t.total), PerClass: t.perClass}
	present := 0.0
	for _, c := range t.perClass {
		if c.Total > 0 {
			present++
			s.Balanced += c.Accuracy()
			s.MacroF1 += c.F1()
		}
	}
	s.Balanced, s.MacroF1 = s.Balanced/present, s.MacroF1/present
	if len(t.perClass) > 5 {
		top5 := float64(t.close) / float64(t.total)
		s.Top5 = &top5
	}
	return s
}

// Answer is what a classifier says of an image.
type Answer struct {
	Class int // the likeliest
	Rank  int // how many classes come before the image's own; equals by index
}

// AnswerOf is what the scores of all classes say of an image of class label.
func AnswerOf[T float32 | float64](scores []T, label int32) (a Answer) {
	for i, s := range scores {
		if s > scores[a.Class] {
			a.Class = i
		}
		if s > scores[label] || s == scores[label] && i < int(label) {
			a.Rank++
		}
	}
	return a
}

// Confusion counts how often test images get their own class, and which classes they are taken for.
type Confusion struct {
	*tally
	counts [][]int // [C,C]
}

// NewConfusion begins without images.
func NewConfusion(classes []string) *Confusion {
	c := &Confusion{newTally(classes), make([][]int, len(classes))}
	for i := range c.counts {
		c.counts[i] = make([]int, len(classes))
	}
	return c
}

// AddScores enters one image of class label by its scores[C]; of equal scores the first counts as
// higher.
func (c *Confusion) AddScores(label int32, scores []float32) {
	c.Add(label, AnswerOf(scores, label))
}

// Add enters one image of class label by its answer.
func (c *Confusion) Add(label int32, a Answer) {
	c.tally.add(label, a)
	c.counts[label][a.Class]++
}

// Matrix counts images by their class, then by what they were taken for: [C,C].
func (c *Confusion) Matrix() [][]int { return c.counts }
