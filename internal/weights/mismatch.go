package weights

import (
	"fmt"
	"slices"
	"strings"

	"cmae/internal/fault"
	"cmae/internal/graph/nn"
	"cmae/internal/report"
)

// difference is what a model and a file do not share.
type difference struct {
	heads []nn.Part // that the model may have beside its encoder
	names []string
	lines []string // "- name shape" of the model, "+ name shape" of the file
}

func (d *difference) missing(name string, shape []int) { d.add("-", name, shape) }
func (d *difference) surplus(name string, shape []int) { d.add("+", name, shape) }

func (d *difference) add(sign, name string, shape []int) {
	d.names = append(d.names, name)
	d.lines = append(d.lines, fmt.Sprintf("%s %s %v", sign, Shown(name), shape))
}

func (d *difference) none() bool { return len(d.lines) == 0 }

// explain says what differs and what to pass instead.
func (d *difference) explain(f *File) error {
	return fmt.Errorf("%w: %q does not hold this model (- the model's, + the file's): %s; %s",
		fault.Mismatch, f.Path, FirstFew(d.lines, 5), d.remedy(f))
}

func (d *difference) remedy(f *File) string {
	at := slices.IndexFunc(
		d.names, func(name string) bool { return isEncoder(name) || name == "pos_embed" },
	)
	if at < 0 {
		return d.headRemedy()
	}
	if f.has("layer1.0.conv1.weight") {
		resnet, err := f.ResNetShape()
		if err != nil {
			return err.Error()
		}
		return "pass " + resnet.overrides()
	}
	shape, err := f.EncoderShape()
	switch {
	case f.Pooled() &&
		!slices.ContainsFunc(
			d.names, func(name string) bool { return !strings.HasPrefix(name, "norm.") },
		):
		return "it is a finetuned encoder, with fc_norm in place of the final LayerNorm: " +
			"predict, linprobe, knn, embed, attention and finetune take it; else give the run " +
			"that it was finetuned from"
	case err == nil && slices.Contains(d.names, "conv1.weight"): // the model is a ResNet
		return "it is a transformer: pass --set model.size=base " + shape.overrides() +
			" and its model.heads"
	case err == nil:
		return "pass " + shape.overrides() + " and its model.heads"
	case slices.ContainsFunc(f.Names(), isWrapped):
		return "its names have a prefix: convert it with cmae import"
	}
	return "give a file with the names of MAE, timm or torchvision"
}

// isWrapped tells the names of encoders that stand behind a prefix.
func isWrapped(name string) bool {
	return strings.HasSuffix(name, ".patch_embed.proj.weight") ||
		strings.HasSuffix(name, ".layer1.0.conv1.weight")
}

// headRemedy is for a file whose encoder fits.
func (d *difference) headRemedy() string {
	var settings []string
	for _, head := range d.heads {
		if slices.ContainsFunc(d.names, head.Has) {
			settings = append(settings, head.Settings)
		}
	}
	if settings == nil {
		settings = []string{"the settings"}
	}
	return fmt.Sprintf(
		"its encoder fits: set %s to those of the file, or take the encoder alone (cmae export)",
		strings.Join(settings, ", "),
	)
}

// encoderParts begin the names of an encoder's parameters: of transformers, then of ResNets.
var encoderParts = []string{
	"cls_token", "patch_embed.", "blocks.", "norm.", "conv1.", "bn1.", "layer1.", "layer2.",
	"layer3.", "layer4.",
}

// isEncoder leaves out torchvision's counters of batches, which nothing reads.
func isEncoder(name string) bool {
	return !strings.HasSuffix(name, ".num_batches_tracked") &&
		slices.ContainsFunc(
			encoderParts, func(part string) bool { return strings.HasPrefix(name, part) },
		)
}

// Shown is a tensor's name for a message, cut: a file from a stranger may hold anything there.
func Shown(name string) string { return report.Printable(fmt.Sprintf("%.80s", name)) }

// FirstFew joins items, each of which begins with a sign, in their order: of each sign the first
// ones up to most. It counts the others.
func FirstFew(items []string, most int) string {
	shown, count := []string{}, map[byte]int{}
	for _, item := range items {
		if count[item[0]]++; count[item[0]] <= most {
			shown = append(shown, item)
		}
	}
	return strings.Join(shown, ", ") + report.AndMore(len(items)-len(shown))
}
