package predict

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"cmae/internal/dataset"
	"cmae/internal/evaluate"
	"cmae/internal/evaluate/judge"
	"cmae/internal/evaluate/probe"
	"cmae/internal/fault"
	"cmae/internal/recipe"
	"cmae/internal/weights"
)

// head is a classifier and where it comes from.
type head struct {
	evaluate.LinearHead
	name  string
	about *probe.About // of a probe, else nil
}

// finetunedHead is the name of a finetuned encoder's own classifier.
const finetunedHead = "finetuned"

// findHead is the classifier that the options mean. It sets what images must look like to what the
// classifier was trained on.
func findHead(o *Options) (*head, error) {
	file, err := weights.Open(o.From)
	if err != nil {
		return nil, err
	}
	return headIn(file, o)
}

// headIn is findHead in the opened file of o.From.
func headIn(file *weights.File, o *Options) (*head, error) {
	if prefix := file.HeadOf(o.Config.Model.IsResNet()); o.Probe == "" && prefix != "" {
		o.Config.Probe.Feature = recipe.Mean
		return finetuned(file, prefix, o)
	}
	path := o.Probe
	if path == "" {
		if path = judge.ProbePath(o.From, file.Path); path != "" {
			if _, err := os.Stat(path); err != nil {
				path = ""
			}
		}
	}
	if path == "" {
		return nil, fmt.Errorf("predict: %w: %q has no classifier: train one with \"cmae linprobe %s\" or \"cmae finetune %s\", or name a probe with --probe",
			fault.Mismatch, o.From, o.From, o.From)
	}
	p, err := probe.Open(path)
	if err != nil {
		return nil, err
	}
	c := &o.Config
	c.Probe.Feature, c.Data.ImageSize, c.Augment.Mean, c.Augment.Std = p.About.Feature, p.About.Side, p.About.Mean, p.About.Std
	return &head{p.Head, path, &p.About}, nil
}

// finetuned is the classifier that finetuning trained. Checkpoints from before classes were kept
// number them.
func finetuned(file *weights.File, prefix string, o *Options) (*head, error) {
	h := &head{name: finetunedHead}
	var err error
	if o.Config.Data.ImageSize, err = o.Side(); err != nil {
		return nil, err
	}
	weight, _ := file.Tensor(prefix + "weight")
	bias, _ := file.Tensor(prefix + "bias")
	classes := bias.Shape[:min(1, len(bias.Shape))] // [C]
	if h.Bias, err = weights.Finite(bias, prefix+"bias", classes); err == nil {
		h.Weight, err = weights.Finite(
			weight, prefix+"weight", append(slices.Clone(classes), o.Config.Model.Features()),
		)
	}
	if err != nil {
		return nil, fmt.Errorf("predict: %w: %q: %w", fault.Mismatch, file.Path, err)
	}
	if h.Classes = file.Classes; len(h.Classes) == 0 {
		o.Console.Warn("%s does not say what its classes are called: they are numbered", file.Path)
		for i := range h.Bias {
			h.Classes = append(h.Classes, strconv.Itoa(i))
		}
	}
	if len(h.Classes) != len(h.Bias) {
		return nil, fmt.Errorf(
			"predict: %q: %w: it names %d classes, and its head has %d", file.Path,
			fault.Mismatch, len(h.Classes), len(h.Bias),
		)
	}
	return h, nil
}

// open brings up the encoder under the classifier.
func (h *head) open(o Options, images *dataset.Images) (*judge.Subject, error) {
	if h.about == nil {
		return judge.OpenFor(o.Options, images)
	}
	s, err := judge.OpenFor(o.Options, images)
	if err == nil && s.Digest != h.about.Digest {
		s.Close()
		return nil, fmt.Errorf("predict: %w: %q was trained on other weights than those of %q (on %s, perhaps before more training): run \"cmae linprobe %s\" again",
			fault.Mismatch, h.name, o.From, h.about.Encoder, filepath.Clean(o.From))
	}
	return s, err
}
