package finetune

import (
	"fmt"
	"slices"
	"strings"

	"cmae/internal/fault"
	"cmae/internal/kernel"
	"cmae/internal/report"
	"cmae/internal/weights"
	"cmae/internal/weights/safetensors"
)

// takeHead readies the classifier of a file for the classes of the images: a row belongs to a class
// by its name, not by its place. Classes that the file doesn't know keep their first, random row;
// if it knows none, all of the classifier is left behind, as --reset-head does.
func (t *task) takeHead(file *weights.File) error {
	head := t.step.head()
	shape := file.Shape(head + "weight")
	if t.resetHead || len(shape) == 0 {
		file.Forget(head, "fc_norm.")
		return nil
	}
	classes := t.run.Images.Train.Classes()
	if len(file.Classes) != shape[0] { // nothing says what they are
		if shape[0] != len(classes) {
			return fmt.Errorf(
				"%w: %q has a head for %d classes and the data has %d: give --reset-head to train "+
					"a new one", fault.Mismatch, file.Path, shape[0], len(classes),
			)
		}
		t.run.Console.Warn(
			"%q does not say what its classes are called: they are taken for those of the data, "+
				"in order; --reset-head trains a new classifier", file.Path,
		)
		return nil
	}
	rows, unknown := make([]int, len(classes)), []string(nil)
	for i, name := range classes {
		if rows[i] = slices.Index(file.Classes, name); rows[i] < 0 {
			unknown = append(unknown, name)
		}
	}
	switch {
	case len(unknown) == len(classes):
		t.run.Console.Warn(
			"the classifier of %q is one of other classes (%s): a new one is trained", file.Path,
			few(file.Classes),
		)
		file.Forget(head, "fc_norm.")
		return nil
	case len(unknown) > 0:
		t.run.Console.Warn(
			"the classifier of %q knows %d of %s; new to it: %s", file.Path,
			len(classes)-len(unknown), report.Count(len(classes), "class"), few(unknown),
		)
	}
	for _, name := range []string{"weight", "bias"} {
		if err := t.takeRows(file, head+name, rows); err != nil {
			return err
		}
	}
	return nil
}

// takeRows puts the rows of a tensor in order: row i is the file's rows[i], or where that is below
// 0 the one that the parameter begins with.
func (t *task) takeRows(file *weights.File, name string, rows []int) error {
	param, ok := t.run.Params.Lookup(name)
	tensor, found := file.Tensor(name)
	if !ok || !found {
		return nil // of which loading tells
	}
	want := slices.Clone(param.Value.Shape)
	want[0] = len(file.Classes)
	old, err := weights.Finite(tensor, name, want)
	if err != nil {
		return fmt.Errorf("%w: %q: %w", fault.Mismatch, file.Path, err)
	}
	values := kernel.Read[float32](t.run.Choice.Engine, param.Value)
	width := len(values) / len(rows)
	for i, row := range rows {
		if row >= 0 {
			copy(values[i*width:(i+1)*width], old[row*width:])
		}
	}
	file.Put(safetensors.FromFloat32s(name, param.Value.Shape, values))
	return nil
}

// few lists the first names.
func few(names []string) string {
	shown := names[:min(5, len(names))]
	return strings.Join(shown, ", ") + report.AndMore(len(names)-len(shown))
}
