package verify

import (
	"encoding/json"
	"fmt"

	"cmae/internal/model"
	"cmae/internal/optim"
	"cmae/internal/weights/safetensors"
)

// reference is an open file of reference vectors with its configuration in our terms.
type reference struct {
	file     *safetensors.File
	path     string
	model    model.Config
	optim    optim.Config
	rate     float64 // learning rate of the step
	momentum float64
	heatK    float64
	batch    int
	grads    map[string][]float32 // the file's, of the trained parameters
	whole    float64              // norm of all of them together
}

// openReference reads and checks the header of a file in the format cmae-step-reference.
func openReference(path string) (*reference, error) {
	f, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	r := &reference{file: f, path: path}
	if err := r.parse(); err != nil {
		f.Close()
		return nil, fmt.Errorf("verify: %q: %w", path, err)
	}
	return r, nil
}

func (r *reference) parse() error {
	meta := r.file.Metadata()
	if meta["format"] != "cmae-step-reference" {
		return fmt.Errorf("metadata format is %q, want cmae-step-reference", meta["format"])
	}
	var c struct {
		Image, Patch, Dim, Depth, Heads int
		MLPRatio                        float64 `json:"mlp_ratio"`
		Decoder                         string
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
	}
	var h struct {
		LR, Beta1, Beta2, Eps, Momentum float64
		WeightDecay                     float64 `json:"weight_decay"`
		HeatK                           float64 `json:"heat_k"`
	}
	if err := json.Unmarshal([]byte(meta["config"]), &c); err != nil {
		return fmt.Errorf("metadata config: %w", err)
	}
	if err := json.Unmarshal([]byte(meta["hyper"]), &h); err != nil {
		return fmt.Errorf("metadata hyper: %w", err)
	}
	contrast, location := model.DefaultContrast(), model.DefaultLocation()
	contrast.Weight, contrast.Tau, contrast.Momentum = c.WCtr, c.Tau, h.Momentum
	contrast.Hidden, contrast.Out, contrast.Layers = c.ProjHidden, c.ProjOut, c.ProjLayers
	location.Weight, location.Hidden = c.WLoc, c.LocHidden
	r.model = model.Config{
		Side: c.Image,
		Encoder: model.EncoderConfig{
			Size: "base", PatchSize: c.Patch, Dim: c.Dim, Depth: c.Depth, Heads: c.Heads,
			MLPRatio: c.MLPRatio,
		},
		Decoder: model.DecoderConfig{
			Kind: c.Decoder, Depth: c.DecDepth, Dim: c.DecDim, Heads: c.DecHeads,
			MLPRatio: c.MLPRatio, HybridAt: c.HybridAt,
		},
		Mask:        model.MaskConfig{Ratio: c.MaskRatio},
		Reconstruct: model.ReconstructConfig{Weight: c.WCon, NormPix: c.NormPix},
		Contrast:    contrast, Location: location,
	}
	r.optim = optim.Config{
		BaseLR: h.LR, WeightDecay: h.WeightDecay, Beta1: h.Beta1, Beta2: h.Beta2, Eps: h.Eps,
	}
	r.rate, r.momentum, r.heatK = h.LR, h.Momentum, h.HeatK
	return r.check()
}

// check validates the sections and finds the batch size.
func (r *reference) check() error {
	for _, section := range []interface{ Validate() error }{
		r.model.Encoder, r.model.Decoder, r.model.Mask, r.model.Reconstruct, r.model.Contrast, r.model.Location, r.model,
	} {
		if err := section.Validate(); err != nil {
			return err
		}
	}
	_, shape, ok := r.file.Info("input.xq")
	if !ok || len(shape) != 4 || shape[1] != 3 || shape[2] != r.model.Side ||
		shape[3] != r.model.Side {
		return fmt.Errorf("input.xq is %v, want [B,3,%d,%d]", shape, r.model.Side, r.model.Side)
	}
	r.batch = shape[0]
	return nil
}

// values reads a tensor that must be there, with the given number of values (any when count is
// negative).
func (r *reference) values(name string, count int) ([]float32, error) {
	v, err := r.file.Float32s(name)
	if err == nil && count >= 0 && len(v) != count {
		err = fmt.Errorf("verify: %q: %s has %d values, want %d", r.path, name, len(v), count)
	}
	return v, err
}
