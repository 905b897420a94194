package runpage

import (
	"cmp"
	"fmt"
	"slices"

	"cmae/internal/evaluate"
	"cmae/internal/report/page"
	"cmae/internal/rundir/checkpoint"
)

var subjects = map[evaluate.Subject]string{
	evaluate.Trained: "this encoder", evaluate.Random: "random weights",
	evaluate.Pixels: "raw pixels",
}

// evaluations is a table of all that were kept, and what they were made of.
func (r *run) evaluations() []page.Block {
	if len(r.kept) == 0 {
		if r.finetune != nil {
			return nil
		}
		return []page.Block{page.Text(
			"None are kept in the run's folder. cmae knn and cmae linprobe add theirs; " +
				"cmae report measures kNN.",
		)}
	}
	t := page.Table{Head: []string{"evaluation", "of", "accuracy", "top 5", "gain, points"}}
	var notes []string
	for _, k := range r.kept {
		of := subjects[k.Subject]
		if elsewhere := r.elsewhere(k); elsewhere != "" {
			of += ", " + elsewhere
		}
		row := append(page.Words(k.Method.Title(), of),
			page.Cell{Text: page.Percent(k.Accuracy), Number: true, Bar: k.Accuracy,
				Strong: k.Subject == evaluate.Trained})
		top := ""
		if k.Top5 != nil {
			top = page.Percent(*k.Top5)
		}
		row = append(row, page.Numbers(top, r.gain(k))...)
		t.Rows = append(t.Rows, row)
		if note := r.note(k); k.Subject == evaluate.Trained {
			notes = append(notes, note)
		}
	}
	t.Caption = "Accuracy on images that no weight was fitted to; the gain is over random " +
		"weights or raw pixels."
	blocks := []page.Block{t}
	for _, n := range notes {
		blocks = append(blocks, page.Text(n))
	}
	return blocks
}

// gain is how much better the run's encoder is than a baseline.
func (r *run) gain(baseline evaluate.Kept) string {
	if baseline.Subject == evaluate.Trained {
		return ""
	}
	for _, k := range r.kept {
		if k.Comparable(baseline) && k.Subject == evaluate.Trained {
			return page.Points(k.Accuracy - baseline.Accuracy)
		}
	}
	return ""
}

// elsewhere names the images of a result, where they are not the run's, or else their size, where
// that is not the run's; "" where both are.
func (r *run) elsewhere(k evaluate.Kept) string {
	side := 0
	if n := len(r.sessions); n > 0 {
		side = r.sessions[n-1].Side
	}
	switch {
	case k.On == nil:
		return ""
	case k.On.Data != r.data() &&
		(r.manifest == nil || k.On.Train != r.manifest.Data[checkpoint.TrainSplit]):
		return "on " + k.On.Data
	case side > 0 && k.On.Side != side:
		return fmt.Sprintf("at %d px", k.On.Side)
	}
	return ""
}

// note says how a figure came about.
func (r *run) note(k evaluate.Kept) string {
	text := fmt.Sprintf("%s: %s training and %s test images, %d classes",
		k.Method.Title(), page.Count(k.Train),
		page.Count(k.Test), k.Classes)
	if elsewhere := r.elsewhere(k); elsewhere != "" {
		text += " " + elsewhere
	}
	if k.Dim > 0 {
		text += fmt.Sprintf(", feature %s (%d values)", k.Feature, k.Dim)
	}
	if k.KNN != nil {
		text += fmt.Sprintf(", k %d, tau %g", k.KNN.K, k.KNN.Tau)
	}
	if p := k.Probe; p != nil {
		text += fmt.Sprintf(
			", %d epochs, batch %d, base rate %.4g", p.Epochs, p.BatchSize, p.BaseLR,
		)
	}
	if r.holder != "" || r.manifest != nil && k.Step > 0 && k.Step != r.manifest.Step {
		text += fmt.Sprintf("; of step %d", k.Step)
	}
	return text + "; " + page.Date(k.When) + "."
}

// best is the evaluation of the encoder that tells most of its classes.
func (r *run) best() (evaluate.Kept, bool) {
	for _, method := range []evaluate.Method{evaluate.Finetuned, evaluate.Linear, evaluate.KNN} {
		for _, k := range r.kept {
			if k.Method == method && k.Subject == evaluate.Trained && len(k.Confusion) > 0 {
				return k, true
			}
		}
	}
	return evaluate.Kept{}, false
}

// mostMistakes is the number of pairs of classes that are listed.
const mostMistakes = 15

func (r *run) confusion() []page.Block {
	k, ok := r.best()
	if !ok {
		return nil
	}
	m := page.Matrix{Counts: k.Confusion}
	for i := range k.PerClass {
		m.Classes = append(m.Classes, k.Title(i))
	}
	t := page.Table{
		Caption: "Mixed up most",
		Head:    []string{"class", "taken for", "images", "share of the class"},
	}
	for _, x := range m.Mistakes(mostMistakes) {
		t.Rows = append(t.Rows, append(page.Words(x.Class, x.Taken),
			page.Cell{Text: fmt.Sprintf("%d of %d", x.Count, x.Total), Number: true},
			page.Cell{Text: page.Percent(x.Share()), Number: true, Bar: x.Share()}))
	}
	by := map[evaluate.Method]string{
		evaluate.Linear: "By the linear probe.", evaluate.KNN: "By a vote of nearest neighbours.",
		evaluate.Finetuned: "By the finetuned classifier.",
	}
	beside := page.Beside{m}
	if len(t.Rows) > 0 {
		beside = append(beside, t)
	}
	return []page.Block{page.Text(by[k.Method]), beside}
}

// fewClasses is the number of classes up to which their table is not folded away.
const fewClasses = 30

// classes is a table of them, those that are hard first.
func (r *run) classes() []page.Block {
	k, ok := r.best()
	if !ok {
		return nil
	}
	t := page.Table{
		Caption: fmt.Sprintf("All %d classes, the least accurate first", len(k.PerClass)),
		Head:    []string{"class", "test images", "correct", "accuracy", "most often taken for"},
		Long:    len(k.PerClass) > fewClasses,
	}
	order := make([]int, len(k.PerClass))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { // without test images: last
		x, y := k.PerClass[a], k.PerClass[b]
		return cmp.Or(
			cmp.Compare(min(1, y.Total), min(1, x.Total)), cmp.Compare(x.Accuracy(), y.Accuracy()),
		)
	})
	for _, i := range order {
		c, other := k.PerClass[i], ""
		if j := mistaken(k.Confusion[i], i); j >= 0 {
			other = fmt.Sprintf("%s (%d)", k.Title(j), k.Confusion[i][j])
		}
		counts := page.Numbers(page.Count(c.Total), page.Count(c.Correct))
		row := append(page.Words(k.Title(i)), counts...)
		accuracy := page.Cell{Text: page.Percent(c.Accuracy()), Number: true, Bar: c.Accuracy()}
		if c.Total == 0 {
			accuracy = page.Cell{Text: "no test images"}
		}
		row = append(row, accuracy)
		t.Rows = append(t.Rows, append(row, page.Cell{Text: other}))
	}
	return []page.Block{t}
}

// mistaken is the class that images of another are taken for most often, -1 for none.
func mistaken(counts []int, class int) int {
	most := -1
	for j, n := range counts {
		if j != class && n > 0 && (most < 0 || n > counts[most]) {
			most = j
		}
	}
	return most
}
