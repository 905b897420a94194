package verify

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"cmae/internal/method"
	"cmae/internal/model"
	"cmae/internal/optim"
	"cmae/internal/recipe"
)

// header is the metadata `config`: the names of the reference for what a step is made of.
type header struct {
	Image, Patch, Dim, Depth, Heads int
	MLPRatio                        float64 `json:"mlp_ratio"`
	Decoder                         model.DecoderKind
	DecDim                          int     `json:"dec_dim"`
	DecDepth                        int     `json:"dec_depth"`
	DecHeads                        int     `json:"dec_heads"`
	HybridAt                        []int   `json:"hybrid_at"`
	ProjHidden                      int     `json:"proj_hidden"`
	ProjOut                         int     `json:"proj_out"`
	ProjLayers                      int     `json:"proj_layers"`
	LocHidden                       int     `json:"loc_hidden"`
	MaskRatio                       float64 `json:"mask_ratio"`
	Tau                             float64
	NormPix                         bool    `json:"norm_pix"`
	WCtr                            float64 `json:"w_ctr"`
	WLoc                            float64 `json:"w_loc"`
	WCon                            float64 `json:"w_con"`
	X                               options
}

// options is `config.x`, what goes beyond the plain step. An absent one has its default.
type options struct {
	QueueSize     int `json:"queue_size"`
	Symmetric     bool
	Predictor     bool
	ScaleByTau    bool `json:"scale_2tau"`
	Pool          recipe.Pool
	Query         recipe.Query
	Key           recipe.KeyTokens
	Activation    recipe.Activation
	Target        recipe.LocationTarget
	Loss          recipe.LocationLoss
	Reduction     recipe.Reduction
	DropPosition  float64 `json:"drop_position"`
	Depthwise     bool
	Method        string
	Groups        int
	Size          model.Size // of a ResNet
	Stem          model.Stem
	Width         int
	SGD           bool
	FreezePatches bool `json:"freeze_patches"`
}

// hyper is the metadata `hyper`: the numbers of the optimizer and the heat maps.
type hyper struct {
	LR, Beta1, Beta2, Eps float64
	WeightDecay           float64 `json:"weight_decay"`
	Momentum              float64 // of the key encoder
	HeatK                 float64 `json:"heat_k"`
}

// readHeader reads both. An option that this program does not know is an error that names it:
// ignored, it would be compared without having been computed.
func readHeader(meta map[string]string) (c header, h hyper, err error) {
	if err = strictly("config", meta["config"], &c); err == nil {
		err = strictly("hyper", meta["hyper"], &h)
	}
	return c, h, err
}

func strictly(key, text string, into any) error {
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		reason := strings.TrimPrefix(err.Error(), "json: ")
		return fmt.Errorf("metadata %s: %s", key, strings.Replace(reason, "field", "option", 1))
	}
	return nil
}

// sized is what a step of the method is made of. An error names an option that the others leave
// without meaning; what belongs to a loss of weight 0 is not built and means nothing either way
// (spec 1.10), so that such parts have their defaults.
func (c header) sized(m method.Method, momentum float64) (recipe.Sized, error) {
	x := c.X
	if slices.Contains(m.Idle(), "mask") { // all of an image is seen, and nothing to reconstruct
		c.WCon, c.WLoc, c.MaskRatio = 0, 0, recipe.DefaultPretrain().Mask.Ratio
	}
	all := recipe.Pretrain{
		Method: m.Name(), Decoder: c.decoder(),
		Mask:        recipe.Mask{Ratio: c.MaskRatio},
		Reconstruct: recipe.Reconstruct{Weight: c.WCon, NormPix: c.NormPix},
		Contrast:    c.contrast(momentum), Location: c.location(),
	}
	all.Model = model.EncoderConfig{
		Size: model.Base, PatchSize: c.Patch, Dim: c.Dim, Depth: c.Depth, Heads: c.Heads,
		MLPRatio: c.MLPRatio, Stem: model.DefaultEncoder().Stem,
	}
	if x.Size != "" {
		all.Model = model.EncoderConfig{
			Size: x.Size, Stem: cmp.Or(x.Stem, model.DefaultEncoder().Stem), Width: x.Width,
		}
	}
	all.Train.BatchSize = 2 * all.Contrast.Groups // until the inputs say it
	sized := recipe.Sized{Pretrain: all, Side: c.Image}
	switch {
	case x.Size == "" && (x.Stem != "" || x.Width != 0):
		return sized, fmt.Errorf("config.x: stem and width belong to a ResNet, and size names none")
	case (x.Groups > 1 || x.FreezePatches) && slices.Contains(m.Idle(), "contrast.freeze_patches"):
		return sized, fmt.Errorf("config.x: groups and freeze_patches have no part in %s", m.Name())
	}
	return sized, nil
}

// decoder leaves out what the reference never reads: which blocks a hybrid replaces is a set, of
// which only blocks that there are count, and none in a decoder of one kind.
func (c header) decoder() model.DecoderConfig {
	if c.WCon == 0 {
		return model.DefaultDecoder()
	}
	d := model.DecoderConfig{
		Kind: c.Decoder, Depth: c.DecDepth, Dim: c.DecDim, Heads: c.DecHeads,
		MLPRatio: c.MLPRatio,
	}
	for _, i := range c.HybridAt {
		if d.Hybrid() && 0 <= i && i < d.Depth && !slices.Contains(d.HybridAt, i) {
			d.HybridAt = append(d.HybridAt, i)
		}
	}
	if d.Hybrid() && len(c.HybridAt) > 0 && d.HybridAt == nil { // not the middle one either
		d.Kind = model.DecoderTransformer
	}
	d.Depthwise = c.X.Depthwise && d.Convolves()
	return d
}

func (c header) contrast(momentum float64) recipe.Contrast {
	x, k := c.X, recipe.DefaultPretrain().Contrast
	if k.Weight = c.WCtr; c.WCtr == 0 {
		return k
	}
	k.Tau, k.Momentum = c.Tau, momentum
	k.Hidden, k.Out, k.Layers = c.ProjHidden, c.ProjOut, c.ProjLayers
	k.QueueSize, k.Symmetric = x.QueueSize, x.Symmetric
	k.Predictor, k.ScaleByTau = x.Predictor, x.ScaleByTau
	k.Pool, k.Query, k.Key = cmp.Or(x.Pool, k.Pool), cmp.Or(x.Query, k.Query), cmp.Or(x.Key, k.Key)
	if k.Key == "restored" { // the reference's name
		k.Key = recipe.KeySplit
	}
	k.Groups, k.FreezePatches = max(x.Groups, 1), x.FreezePatches
	return k
}

func (c header) location() recipe.Location {
	x, l := c.X, recipe.DefaultPretrain().Location
	if l.Weight = c.WLoc; c.WLoc == 0 {
		return l
	}
	l.Hidden, l.DropPosition = c.LocHidden, x.DropPosition
	l.Activation, l.Target = cmp.Or(x.Activation, l.Activation), cmp.Or(x.Target, l.Target)
	if l.Loss = cmp.Or(x.Loss, l.Loss); l.Loss != recipe.LocationCE { // which has one form
		l.Reduction = cmp.Or(x.Reduction, l.Reduction)
	}
	return l
}

// optimizer is AdamW, or SGD with a momentum of .9, which its first step does not show.
func (h hyper) optimizer(sgd bool) optim.Config {
	c := optim.Config{
		Kind: optim.KindAdamW, BaseLR: h.LR, WeightDecay: h.WeightDecay,
		Beta1: h.Beta1, Beta2: h.Beta2, Eps: h.Eps,
	}
	if sgd {
		c.Kind, c.Momentum = optim.KindSGD, optim.Default().Momentum
	}
	return c
}
