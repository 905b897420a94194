package dataset

import "strings"

// CheckEvaluation says what the data lacks to evaluate an encoder on it: labels, classes to tell
// apart, images that were not trained on. It is nil where nothing is missing, else fault.Data.
func (d *Data) CheckEvaluation() error {
	const layout = "move the images to train/CLASS/ and some of each class to val/CLASS/"
	where, classes := d.Report.Path, d.Train.Classes()
	switch {
	case len(classes) == 0:
		return faultOf(where, layout, "has images without labels, and evaluating an encoder needs them")
	case len(classes) == 1:
		return faultOf(
			where, layout,
			"has one class, %q, and evaluating an encoder needs two or more to tell apart", classes[0],
		)
	case d.Test == nil:
		return faultOf(where, "move some images of each class to val/CLASS/, or hold some back with data.holdout, from pretraining on",
			"has no evaluation split (%s), and evaluating an encoder needs one", strings.Join(
				evaluationSplits, ", ",
			))
	}
	return nil
}
