package dataset

import "strings"

// layout is what evaluating takes.
const layout = "move the images to train/CLASS/ and some of each class to val/CLASS/"

// CheckLabels says what the data lacks to learn classes from it: labels, classes to tell apart. It
// is nil where nothing is missing, else fault.Data.
func (d *Data) CheckLabels() error {
	where, classes := d.Report.Path, d.Train.Classes()
	switch len(classes) {
	case 0:
		return faultOf(where, layout, "has images without labels, and evaluating an encoder needs them")
	case 1:
		return faultOf(
			where, layout,
			"has one class, %q, and evaluating an encoder needs two or more to tell apart", classes[0],
		)
	}
	return nil
}

// CheckEvaluation is CheckLabels, and asks for images that were not trained on.
func (d *Data) CheckEvaluation() error {
	if err := d.CheckLabels(); err != nil {
		return err
	}
	if d.Test == nil && d.noTest != nil {
		return d.noTest
	}
	if d.Test == nil {
		return faultOf(
			d.Report.Path, "move some images of each class to val/CLASS/, hold some back with "+
				"data.holdout, from pretraining on, or evaluate by cross-validation (--folds)",
			"has no evaluation split (%s), and evaluating an encoder needs one",
			strings.Join(evaluationSplits, ", "),
		)
	}
	return nil
}
