package predict

import (
	"fmt"
	"os"
	"slices"
	"strconv"

	"cmae/internal/evaluate"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/evaluate/probe"
	"cmae/internal/fault"
	"cmae/internal/recipe"
	"cmae/internal/weights"
)

// head is a classifier and where it comes from.
type head struct {
	evaluate.LinearHead
	name string
}

// finetunedHead is the name of a finetuned encoder's own classifier.
const finetunedHead = "finetuned"

// findHead is the classifier of an encoder's weights, or the probe at path, or the one beside the
// run. It sets what images must look like to what the classifier was trained on.
func findHead(e *encoder.Encoder, path string) (*head, error) {
	if prefix := e.File.HeadOf(e.Config.Model.IsResNet()); path == "" && prefix != "" {
		e.Config.Probe.Feature = recipe.Mean
		return finetuned(e, prefix)
	}
	if path == "" {
		if path = probe.Path(e); path != "" {
			if _, err := os.Stat(path); err != nil {
				path = ""
			}
		}
	}
	if path == "" {
		return nil, fmt.Errorf("predict: %w: %q has no classifier: train one with "+
			"\"cmae linprobe %s\" or \"cmae finetune %s\", or name a probe with --probe",
			fault.Mismatch, e.From, e.From, e.From)
	}
	return probed(e, path)
}

// probed is the classifier of a linear probe, which must be this encoder's.
func probed(e *encoder.Encoder, path string) (*head, error) {
	p, err := probe.Of(e, path)
	if err != nil {
		return nil, err
	}
	return &head{p.Head, path}, nil
}

// finetuned is the classifier that finetuning trained. Checkpoints from before classes were kept
// number them.
func finetuned(e *encoder.Encoder, prefix string) (*head, error) {
	h, file := &head{name: finetunedHead}, e.File
	weight, _ := file.Tensor(prefix + "weight")
	bias, _ := file.Tensor(prefix + "bias")
	classes := bias.Shape[:min(1, len(bias.Shape))] // [C]
	var err error
	if h.Bias, err = weights.Finite(bias, prefix+"bias", classes); err == nil {
		h.Weight, err = weights.Finite(
			weight, prefix+"weight", append(slices.Clone(classes), e.Config.Model.Features()),
		)
	}
	if err != nil {
		return nil, fmt.Errorf("predict: %w: %q: %w", fault.Mismatch, file.Path, err)
	}
	if h.Classes = file.Classes; len(h.Classes) == 0 {
		e.Console.Warn("%s does not say what its classes are called: they are numbered", file.Path)
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
