package exchange

import (
	"fmt"
	"strings"

	"cmae/internal/config"
	"cmae/internal/fault"
	"cmae/internal/graph/nn"
	"cmae/internal/model"
	"cmae/internal/recipe"
	"cmae/internal/weights"
	"cmae/internal/weights/safetensors"
)

// Published is an encoder as others publish it, under plain names.
type Published struct {
	Prefix  string   // that its names had, without insertions
	Dropped []string // tensors that are no part of the encoder
	path    string
	file    *weights.File
	shape   weights.EncoderShape
	resnet  *weights.ResNetShape // nil for a transformer
	heads   int                  // that a config.json says; 0 where nothing does
}

// OpenPublished reads a safetensors file, or a folder with one, with the names of MAE, MoCo-v3,
// DeiT, timm, Hugging Face or torchvision, plain or wrapped. A file without such an encoder, or
// with one that does more than a plain vision transformer or ResNet, gives fault.Mismatch; damage
// gives safetensors.ErrFormat. prefix chooses among several encoders in a file; empty finds the
// only one.
func OpenPublished(path, prefix string) (*Published, error) {
	f, err := weights.Open(path)
	if err != nil {
		return nil, err
	}
	if f, err = withoutInsertions(f); err != nil {
		return nil, err
	}
	if f, err = fromHuggingFace(f); err != nil {
		return nil, err
	}
	f = fromTorchvision(f)
	p := &Published{path: path, heads: f.Heads}
	if p.file, p.Prefix, p.Dropped, err = encoderOf(f, inner(prefix)); err != nil {
		return nil, err
	}
	if p.file.Shape("conv1.weight") != nil {
		resnet, err := p.file.ResNetShape()
		if err != nil {
			return nil, err
		}
		p.resnet = &resnet
		return p, p.checkNames()
	}
	if err = foldLayerScale(p.file); err != nil {
		return nil, err
	}
	if p.shape, err = p.file.EncoderShape(); err != nil {
		return nil, err
	}
	if p.shape.Grid == 0 || p.shape.Depth == 0 || p.shape.Hidden == 0 {
		return nil, fmt.Errorf(
			"exchange: %w: %q lacks pos_embed or a first block (blocks.0.norm1, "+
				"blocks.0.mlp.fc1): a vision transformer has both",
			fault.Mismatch, path,
		)
	}
	if p.shape.Dim%4 != 0 {
		return nil, fmt.Errorf(
			"exchange: %w: %q is %d wide, which is no multiple of 4", fault.Mismatch, path,
			p.shape.Dim,
		)
	}
	return p, p.checkNames()
}

// Doubt says why the encoder can hardly be of use, or nothing.
func (p *Published) Doubt() string { return p.file.Doubt() }

// Config is the base of the settings: what the file says of itself, else what its shapes tell.
func (p *Published) Config() (recipe.Pretrain, error) {
	c, err := recipe.OfWeights(p.file.Path, p.file.Config)
	if err != nil {
		return c, err
	}
	c.Data.Levels = p.file.Levels
	if p.file.Config == nil {
		c.Model = p.Model()
		if c.Data.Channels = p.shape.Channels; p.resnet != nil {
			c.Data.Channels = p.resnet.Channels
		}
		c.PresetChannels(c.Data.Channels)
	}
	if p.file.Pooled() {
		c.Probe.Feature = recipe.Mean
	}
	if c.Data.ImageSize == 0 { // a run's data may say its size; a ResNet stays at 0, any
		c.Data.ImageSize = p.shape.Side()
	}
	return c, nil
}

// Model is the architecture that the shapes tell. Where they fit no named size, heads are taken to
// be 64 wide, as nearly everywhere; where that cannot be, model.heads is -1, which no model can
// have: the user must say it.
func (p *Published) Model() model.EncoderConfig {
	s, c := p.shape, model.DefaultEncoder()
	if r := p.resnet; r != nil {
		c.Size, c.Stem = model.Size(r.Size()), model.Stem(r.Stem)
		if c.Resolved().Width != r.Width {
			c.Width = r.Width
		}
		return c
	}
	ratio := float64(s.Hidden) / float64(s.Dim)
	if int(float64(s.Dim)*ratio) != s.Hidden {
		ratio = (float64(s.Hidden) + .5) / float64(s.Dim)
	}
	c.PatchSize, c.MLPRatio = s.PatchSize, ratio
	c.Heads = p.heads
	if c.Heads == 0 && s.Dim == 384 && s.Depth == 12 &&
		strings.Contains(p.Prefix, "base_encoder.") {
		// MoCo-v3's ViT-Small has twice the heads of others, which no shape tells
		c.Size, c.Heads = model.Small, 12
		return c
	}
	for _, size := range []model.Size{
		model.Micro, model.Tiny, model.Small, model.Base, model.Large,
	} {
		c.Size = size
		if r := c.Resolved(); r.Dim == s.Dim && r.Depth == s.Depth {
			return c
		}
	}
	c.Size, c.Dim, c.Depth = model.Base, s.Dim, s.Depth
	switch {
	case c.Heads > 0:
	case s.Dim == 1280 || s.Dim == 1408: // ViT-Huge and ViT-giant
		c.Heads = 16
	case s.Dim%64 == 0:
		c.Heads = s.Dim / 64
	default:
		c.Heads = -1
	}
	return c
}

// GuessedHeads are the heads of Model, 0 where the file says them itself.
func (p *Published) GuessedHeads() int {
	if p.file.Config != nil || p.heads > 0 || p.resnet != nil {
		return 0
	}
	return max(0, p.Model().Resolved().Heads)
}

// Imported tells what was written.
type Imported struct {
	Out      string           `json:"out"`
	From     string           `json:"from"`
	Prefix   string           `json:"prefix"`
	Dropped  []string         `json:"dropped"`
	Tensors  int              `json:"tensors"`
	GridFrom int              `json:"grid_from"` // patches a side in the file, 0 for a ResNet
	Grid     int              `json:"grid"`      // and now
	Settings weights.Settings `json:"settings"`
}

// Write checks the encoder against the settings, fits its positions to data.image_size, and writes
// a file that --init-from takes.
func (p *Published) Write(out string, c recipe.Pretrain) (Imported, error) {
	side, grid := c.Data.ImageSize, 0
	if _, err := p.file.Adapt(c.Data.Channels); err != nil {
		return Imported{}, err
	}
	if p.resnet == nil && !c.Model.IsResNet() {
		if err := c.Model.ValidateSide(side); err != nil {
			return Imported{}, config.Invalid(err)
		}
		grid = side / p.shape.PatchSize
		if c.Model.PatchSize == p.shape.PatchSize { // else the check will say so
			if err := p.fitPositions(side); err != nil {
				return Imported{}, err
			}
		}
	}
	shapes, err := p.shapes(c.Encoder(), side)
	if err != nil {
		return Imported{}, config.Invalid(err)
	}
	tensors, err := collect(p.file, shapes)
	if err != nil {
		return Imported{}, err
	}
	s := settings(c, side)
	return Imported{
		Out: out, From: p.path, Prefix: p.Prefix, Dropped: p.Dropped, Tensors: len(tensors),
		GridFrom: p.shape.Grid, Grid: grid, Settings: s,
	}, safetensors.WriteFile(out, tensors, s.Metadata(nil))
}

// shapes are the names and shapes of such an encoder's parameters for images of side pixels. After
// finetuning, or as timm trains with the mean, fc_norm stands in place of the final LayerNorm.
func (p *Published) shapes(c model.EncoderConfig, side int) (*nn.Params, error) {
	if p.file.Pooled() && !c.IsResNet() {
		return model.PooledShapes(c, side)
	}
	return model.Shapes(c, nil, side)
}

// fitPositions gives a table without a row for cls one of zeros, and brings it to images of side
// pixels.
func (p *Published) fitPositions(side int) error {
	if !p.shape.ClsPosition {
		t, _ := p.file.Tensor("pos_embed")
		table, err := t.Float32s()
		if err != nil {
			return fmt.Errorf("exchange: %w: %q: %w", fault.Mismatch, p.path, err)
		}
		grid, dim := p.shape.Grid, p.shape.Dim
		table = append(make([]float32, dim), table...)
		p.file.Put(safetensors.FromFloat32s("pos_embed", []int{1, 1 + grid*grid, dim}, table))
	}
	_, err := p.file.FitPositions(side, p.shape.PatchSize)
	return err
}
