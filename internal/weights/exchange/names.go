package exchange

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cmae/internal/fault"
	"cmae/internal/graph/nn"
	"cmae/internal/method"
	"cmae/internal/weights"
)

// landmarks are tensors that every vision transformer has, and every ResNet; what stands before one
// is a wrapper's name.
var landmarks = []string{"patch_embed.proj.weight", "layer1.0.conv1.weight"}

// wrappers decide where a file holds several encoders: they are what training programs put before
// the names of the trained one, where there is a momentum encoder beside it.
var wrappers = []string{"module.", "model.", "encoder.", "backbone.", "base_encoder.", "encoder_q."}

// insertions are what torch.compile, activation checkpointing and FSDP put before a module's name
// wherever they wrap it, at the front or inside.
var insertions = []string{"_orig_mod", "_checkpoint_wrapped_module", "_fsdp_wrapped_module"}

// inner is a name, or a prefix, without insertions.
func inner(name string) string {
	parts := strings.Split(name, ".")
	return strings.Join(slices.DeleteFunc(
		parts, func(part string) bool { return slices.Contains(insertions, part) },
	), ".")
}

// withoutInsertions is a file under inner names. Two tensors of one such name give fault.Mismatch:
// nothing says which is meant.
func withoutInsertions(f *weights.File) (*weights.File, error) {
	before := map[string]string{}
	for _, name := range f.Names() {
		to := inner(name)
		if other, twice := before[to]; twice {
			return nil, fmt.Errorf(
				"exchange: %w: %q: %s and %s are both %s without %s: leave one of them out",
				fault.Mismatch, f.Path, weights.Shown(other), weights.Shown(name), weights.Shown(to),
				strings.Join(insertions, ", "),
			)
		}
		before[to] = name
	}
	return f.Rename(func(name string) (string, bool) { return inner(name), true }), nil
}

// foreign begin the names of what travels in files of others beside an encoder: classifiers,
// decoders.
var foreign = []string{"head.", "heads.", "fc.", "classifier.", "pooler.", "pre_logits.", "decoder"}

// isPassenger tells the names of what travels beside an encoder: that, and what our methods put
// beside theirs.
func isPassenger(name string) bool {
	return strings.HasPrefix(name, nn.MomentumPrefix) ||
		slices.ContainsFunc(foreign, func(p string) bool { return strings.HasPrefix(name, p) }) ||
		slices.ContainsFunc(method.All().Parts(), func(p nn.Part) bool { return p.Has(name) })
}

// encoderOf is the encoder in a published file under plain names, the wrapper that was taken off,
// and the names of what was left out.
func encoderOf(
	f *weights.File, prefix string,
) (encoder *weights.File, _ string, dropped []string, err error) {
	if prefix, err = prefixOf(f, prefix); err != nil {
		return nil, "", nil, err
	}
	encoder = f.Rename(func(name string) (string, bool) {
		rest, inside := strings.CutPrefix(name, prefix)
		if strings.HasSuffix(name, ".num_batches_tracked") { // counters that nothing reads
			return "", false
		}
		if !inside || isPassenger(rest) {
			dropped = append(dropped, name)
			return "", false
		}
		return rest, true
	})
	slices.Sort(dropped)
	return encoder, prefix, dropped, nil
}

// prefixOf is what stands before the names of the encoder: asked, else the only one there is, else
// the only one made of wrappers.
func prefixOf(f *weights.File, asked string) (string, error) {
	var found, trained []string
	for _, name := range f.Names() {
		for _, landmark := range landmarks {
			prefix, ok := strings.CutSuffix(name, landmark)
			if !ok || prefix != "" && !strings.HasSuffix(prefix, ".") {
				continue
			}
			if prefix == asked && asked != "" {
				return prefix, nil
			}
			if found = append(found, prefix); isWrapper(prefix) {
				trained = append(trained, prefix)
			}
		}
	}
	switch {
	case asked != "" && len(found) > 0:
		return "", fmt.Errorf(
			"exchange: %w: %q holds no encoder at the prefix %q, but at %q", fault.Mismatch, f.Path,
			asked, found,
		)
	case len(found) == 1:
		return found[0], nil
	case len(trained) == 1:
		return trained[0], nil
	case len(found) > 0:
		return "", fmt.Errorf(
			"exchange: %w: %q holds several encoders, at %q; choose one by --prefix",
			fault.Mismatch, f.Path, found,
		)
	}
	return "", fmt.Errorf(
		"exchange: %w: %q has no %s, plain or behind a prefix: it is no vision transformer with "+
			"the names of MAE, timm, torchvision or Hugging Face, and no ResNet with torchvision's",
		fault.Mismatch, f.Path, strings.Join(landmarks, " or "),
	)
}

func isWrapper(prefix string) bool {
	for prefix != "" {
		at := slices.IndexFunc(
			wrappers, func(w string) bool { return strings.HasPrefix(prefix, w) },
		)
		if at < 0 {
			return false
		}
		prefix = prefix[len(wrappers[at]):]
	}
	return true
}

var blockNumber = regexp.MustCompile(`^blocks\.[0-9]+\.`)

// checkNames refuses tensors that a plain vision transformer, or a plain ResNet, does not have:
// what they do to the features would be lost.
func (p *Published) checkNames() error {
	f, c, plain := p.file, p.Model(), "vision transformer"
	others := "distilled models, register tokens, SwiGLU, norms of q and k and relative " +
		"positions have no place in cmae: give a plain one (MAE, MoCo-v3, DeiT, timm's augreg, " +
		"DINOv2 without registers)"
	if c.IsResNet() {
		plain, others = "ResNet", "give one of torchvision, MoCo or timm's a1_in1k"
	} else {
		c.Depth, c.Heads = 1, 1
	}
	known, err := p.shapes(c, c.PatchSize)
	if err != nil {
		return err
	}
	var unknown []string
	for _, name := range f.Names() {
		if _, ok := known.Lookup(blockNumber.ReplaceAllString(name, "blocks.0.")); !ok {
			t, _ := f.Tensor(name)
			unknown = append(unknown, fmt.Sprintf("+ %s %v", weights.Shown(name), t.Shape))
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return fmt.Errorf(
		"exchange: %w: %q is more than a plain %s: %s; %s", fault.Mismatch, f.Path, plain,
		weights.FirstFew(unknown, 8), others,
	)
}
