package verify

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"cmae/internal/config"
	"cmae/internal/fault"
	"cmae/internal/kernel"
	"cmae/internal/method"
	"cmae/internal/optim"
	"cmae/internal/recipe"
	"cmae/internal/weights/safetensors"
)

// reference is an open file of reference vectors with its configuration in our terms.
type reference struct {
	file     *safetensors.File
	path     string
	method   method.Method
	recipe   recipe.Sized
	optim    optim.Config
	rate     float64 // learning rate of the step
	momentum float64
	heatK    float64
	batch    int
	orders   [][]int  // of the images, that the file gives
	groups   grouping // of the images, where BatchNorm has groups
	// how many directions of a symmetric loss the file adds up, where ours is their average: 1 or 2
	directions float64
}

// openReference reads and checks a file in the format cmae-step-reference.
func openReference(path string) (*reference, error) {
	f, err := safetensors.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("verify: %w: %w; name files of reference vectors", fault.Usage, err)
	}
	if err != nil {
		return nil, err
	}
	r := &reference{file: f, path: path, directions: 1}
	if err := r.parse(); err != nil {
		f.Close()
		return nil, r.failed(err)
	}
	return r, nil
}

// failed is err with the name of the file, nil if there is none.
func (r *reference) failed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("verify: %q: %w", r.path, err)
}

func (r *reference) parse() error {
	meta := r.file.Metadata()
	if meta["format"] != "cmae-step-reference" {
		return fmt.Errorf("metadata format is %q, want cmae-step-reference", meta["format"])
	}
	c, h, err := readHeader(meta)
	if err != nil {
		return err
	}
	if r.method, err = method.All().Find(cmp.Or(c.X.Method, method.Default().Method)); err != nil {
		return err
	}
	if r.recipe, err = c.sized(r.method, h.Momentum); err != nil {
		return err
	}
	r.optim, r.rate, r.momentum, r.heatK = h.optimizer(c.X.SGD), h.LR, h.Momentum, h.HeatK
	if err := r.checkSections(); err != nil {
		return err
	}
	return r.checkInputs()
}

// checkSections validates what the header says as training does.
func (r *reference) checkSections() error {
	c := r.recipe
	for _, section := range []struct {
		name     string
		settings any
	}{
		{"model", c.Model}, {"decoder", c.Decoder}, {"mask", c.Mask},
		{"reconstruct", c.Reconstruct}, {"contrast", c.Contrast}, {"location", c.Location},
	} {
		if err := config.Check(section.name, section.settings); err != nil {
			return err
		}
	}
	for _, err := range []error{
		c.Model.ValidateSide(c.Side), r.method.Check(c.Pretrain), r.method.CheckSide(c),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

// checkInputs finds the size of the batch, demands that every input has its shape, and refuses
// inputs that the step has no use for. With groups a permutation of the batch is an order in which
// the key pass may have taken it.
func (r *reference) checkInputs() error {
	_, shape, _ := r.file.Info("input.xq")
	side := r.recipe.Side
	if len(shape) != 4 || !slices.Equal(shape[1:], []int{3, side, side}) {
		return fmt.Errorf("input.xq is %v, want [B,3,%d,%d]", shape, side, side)
	}
	r.batch = shape[0]
	if groups := r.recipe.Contrast.Groups; r.batch%groups != 0 {
		return fmt.Errorf("groups: %d must divide the batch of %d", groups, r.batch)
	}
	want := r.inputs()
	for name, shape := range want {
		if _, got, ok := r.file.Info(name); !ok || !slices.Equal(got, shape) {
			return fmt.Errorf("%s is %v, want %v", name, got, shape)
		}
	}
	for _, name := range r.file.Names() {
		if _, known := want[name]; known || !strings.HasPrefix(name, "input.") {
			continue
		}
		if err := r.readInput(name); err != nil {
			return err
		}
	}
	return nil
}

// inputs are the names and shapes of what the step reads.
func (r *reference) inputs() map[string][]int {
	c, b, n := r.recipe, r.batch, r.recipe.Patches()
	images := []int{b, 3, c.Side, c.Side}
	want := map[string][]int{"input.xq": images}
	if c.Contrast.Weight > 0 {
		want["input.xk"] = images
		if c.Contrast.QueueSize > 0 {
			want["input.queue"] = []int{c.Contrast.QueueSize, c.Contrast.Out}
		}
	}
	if method.Loading(r.method, c).Patches == 0 { // no masks
		return want
	}
	want["input.noise_q"] = []int{b, n}
	if c.Contrast.Weight > 0 {
		want["input.noise_k"] = []int{b, n}
	}
	if c.Location.Weight > 0 && c.Location.DropPosition > 0 {
		want["input.keep"] = []int{b, n}
	}
	return want
}

// readInput takes an input beyond those that every such step has.
func (r *reference) readInput(name string) error {
	_, shape, _ := r.file.Info(name)
	switch {
	case r.mute(name):
		return nil
	case r.recipe.Contrast.Groups == 1 || !slices.Equal(shape, []int{r.batch}):
		return fmt.Errorf("%s belongs to no option that is set", name)
	}
	return r.readOrder(name)
}

// mute tells the inputs that a file may hold without the step reading them: a view, a mask or
// a queue that a weight of 0 leaves out.
func (r *reference) mute(name string) bool {
	switch name {
	case "input.xk", "input.noise_q", "input.noise_k":
		return true
	case "input.keep":
		return r.recipe.Location.Weight == 0
	case "input.queue":
		return r.recipe.Contrast.Weight == 0
	}
	return false
}

// values reads a tensor that must be there, with the given number of values.
func (r *reference) values(name string, count int) ([]float64, error) {
	v, err := r.file.Float64s(name)
	if err == nil && len(v) != count {
		err = fmt.Errorf("%s has %d values, want %d", name, len(v), count)
	}
	return v, err
}

// float32s reads an input, nil where the step has none of this name.
func (r *reference) float32s(name string) ([]float32, error) {
	if _, read := r.inputs()[name]; !read {
		return nil, nil
	}
	return r.file.Float32s(name)
}

// has tells whether the file has a tensor of this name.
func (r *reference) has(name string) bool {
	_, _, ok := r.file.Info(name)
	return ok
}

// rounded tells whether the tolerance takes rounding to float32 into account: where it stands
// between the file and a step of ours. The references of ResNets are float64's, of all others
// float32's unless they are stored wider.
func (r *reference) rounded(compute kernel.DType) bool {
	dtype, _, _ := r.file.Info("loss.total")
	return !r.recipe.Model.IsResNet() &&
		(compute == kernel.F32 || compute == kernel.F64 && dtype != "F64")
}
