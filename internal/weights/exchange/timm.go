package exchange

import (
	"cmp"
	"fmt"

	"cmae/internal/dataset/augment"
	"cmae/internal/model"
	"cmae/internal/recipe"
	"cmae/internal/weights"
)

// TimmArgs are arguments of timm's VisionTransformer. Its other defaults are what cmae's encoder
// is: pre-norm, exact GELU, LayerNorm epsilon 1e-6, a bias on qkv.
type TimmArgs struct {
	ImageSize  int     `json:"img_size"`
	PatchSize  int     `json:"patch_size"`
	Channels   int     `json:"in_chans,omitempty"` // absent for 3
	Dim        int     `json:"embed_dim"`
	Depth      int     `json:"depth"`
	Heads      int     `json:"num_heads"`
	MLPRatio   float64 `json:"mlp_ratio"`
	Classes    int     `json:"num_classes"`
	ClassToken bool    `json:"class_token"`
	GlobalPool string  `json:"global_pool"` // token is cmae's feature cls, avg its mean
	// false keeps the last LayerNorm before the mean, where cmae has it but after finetuning
	FCNorm bool `json:"fc_norm"`
}

func timmArgs(s weights.Settings) TimmArgs {
	m, pool := s.Model, "token"
	if s.Probe.Feature == string(recipe.Mean) {
		pool = "avg"
	}
	return TimmArgs{
		ImageSize: s.Data.ImageSize, Channels: s.Data.Channels, PatchSize: m.PatchSize, Dim: m.Dim,
		Depth: m.Depth, Heads: m.Heads, MLPRatio: m.MLPRatio, ClassToken: true, GlobalPool: pool,
	}
}

// hubConfig is the config.json of a model folder as timm reads it: an architecture that timm knows,
// and what differs from it.
type hubConfig struct {
	Architecture string    `json:"architecture"`
	Classes      int       `json:"num_classes"`
	Features     int       `json:"num_features"`
	GlobalPool   string    `json:"global_pool"`
	Args         *TimmArgs `json:"model_args,omitempty"`
	Labels       []string  `json:"label_names,omitempty"`
	// what cmae's ResNet has different from the architecture, in PyTorch's terms; timm does not
	// read it
	Changes    []string         `json:"changes,omitempty"`
	Pretrained pretrainedConfig `json:"pretrained_cfg"`
	Cmae       weights.Settings `json:"cmae"`
}

// pretrainedConfig says how timm must prepare images: as augment.Workspace.Whole does, pixels from
// 0 to 1 less mean, over std.
type pretrainedConfig struct {
	InputSize     [3]int    `json:"input_size"`
	FixedSize     bool      `json:"fixed_input_size"` // a ResNet takes others
	Mean          []float64 `json:"mean"`
	Std           []float64 `json:"std"`
	Interpolation string    `json:"interpolation"`
	CropShare     float64   `json:"crop_pct"`
	CropMode      string    `json:"crop_mode"`
	Classes       int       `json:"num_classes"`
}

func timmConfig(s weights.Settings, c model.EncoderConfig, classes []string) hubConfig {
	h := hubConfig{
		Architecture: "vit_base_patch16_224", Classes: len(classes), Features: c.Features(),
		GlobalPool: "avg", Labels: classes, Cmae: s,
		Pretrained: pretrainedConfig{
			Classes:   len(classes),
			FixedSize: !c.IsResNet(), Mean: s.Augment.Mean, Std: s.Augment.Std,
			Interpolation: "bicubic", CropShare: cmp.Or(s.Data.CropPct, 1),
			CropMode: cropModes[augment.Fitting(s.Data.Fit)],
		},
	}
	side := s.Data.ImageSize
	if c.IsResNet() {
		h.Architecture, h.Changes = s.Model.Size, resNetChanges(s)
		if side == 0 {
			side = usualSide[model.Stem(s.Model.Stem)]
		}
	} else {
		args := timmArgs(s)
		if classes != nil {
			args.Classes, args.GlobalPool, args.FCNorm = len(classes), "avg", true
		}
		h.Args, h.GlobalPool = &args, args.GlobalPool
	}
	h.Pretrained.InputSize = [3]int{c.In(), side, side}
	return h
}

// cropModes are what timm calls the ways of data.fit, of which settings leave the usual one out.
var cropModes = map[augment.Fitting]string{
	"": "center", augment.FitPad: "border", augment.FitSquash: "squash",
}

// usualSide is the side of images that a stem is made for.
var usualSide = map[model.Stem]int{model.StemSmall: 32, model.StemImageNet: 224}

// resNetChanges turn the ResNet of torchvision, or timm, into cmae's; none for the stem of
// ImageNet.
func resNetChanges(s weights.Settings) (list []string) {
	if s.Model.Stem == string(model.StemSmall) {
		list = append(
			list, fmt.Sprintf(
				"conv1 = torch.nn.Conv2d(%d, %d, 3, 1, 1, bias=False)", cmp.Or(s.Data.Channels, 3),
				s.Model.Width,
			),
			"maxpool = torch.nn.Identity()",
		)
	}
	if c := s.Data.Channels; c != 0 && s.Model.Stem != string(model.StemSmall) {
		list = append(list, fmt.Sprintf("conv1 has %d input channels", c))
	}
	if s.Model.Width != 64 {
		list = append(list, fmt.Sprintf("every layer has %d/64 of its channels", s.Model.Width))
	}
	return list
}
