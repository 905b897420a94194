package recipe

import (
	"math"

	"cmae/internal/config"
)

// Reconstruct is the `reconstruct` section: L_con of the paper (spec 1.9).
type Reconstruct struct {
	Weight  float64 `yaml:"weight" min:"0" doc:"weight of the reconstruction loss; 0 leaves it and the decoder out"`
	NormPix bool    `yaml:"norm_pix" doc:"normalise each target patch by its own mean and variance"`
}

// Mask is the `mask` section.
type Mask struct {
	Ratio    float64 `yaml:"ratio" above:"0" below:"1" doc:"share of patches hidden from the encoder"`
	KeyRatio float64 `yaml:"key_ratio" min:"0" below:"1" doc:"the same of the momentum encoder (contrast.key split and visible); 0 takes mask.ratio"`
}

// Visible is the number of patches of n that stay visible in the query.
func (c Mask) Visible(n int) int { return visible(n, c.Ratio) }

// KeyVisible is the number of patches of n that stay visible in the key.
func (c Mask) KeyVisible(n int) int {
	if c.KeyRatio == 0 {
		return c.Visible(n)
	}
	return visible(n, c.KeyRatio)
}

func visible(n int, ratio float64) int {
	return int(float64(n) * (1 - ratio))
}

// MomentumSchedule says how the momentum of the key encoder moves.
type MomentumSchedule string

// The momentum rises by half a cosine to 1, or stays.
const (
	MomentumCosine   MomentumSchedule = "cosine"
	MomentumConstant MomentumSchedule = "constant"
)

// Pool says what the projector sees of a pass.
type Pool string

// The mean over tokens, the class token of the visible pass, or the sum of both.
const (
	PoolMean Pool = "mean"
	PoolCls  Pool = "cls"
	PoolBoth Pool = "mean+cls"
)

// Query says of which tokens the query is made.
type Query string

// Tokens of the visible and the masked pass in their places, or of the visible pass alone.
const (
	QueryRestored Query = "restored"
	QueryVisible  Query = "visible"
)

// KeyTokens says of which tokens the key is made.
type KeyTokens string

// Tokens of two masked passes in their places, of one pass over the whole image, or of the visible
// pass alone; or none: a bank has the image's queries of earlier epochs.
const (
	KeySplit   KeyTokens = "split"
	KeyFull    KeyTokens = "full"
	KeyVisible KeyTokens = "visible"
	KeyBank    KeyTokens = "bank"
)

// Contrast is the `contrast` section: L_ctr of the paper (spec 1.6, 1.7).
type Contrast struct {
	Weight           float64          `yaml:"weight" min:"0" doc:"weight of the contrastive loss; 0 leaves it and the momentum encoder out"`
	Tau              float64          `yaml:"tau" above:"0" doc:"temperature of InfoNCE"`
	Momentum         float64          `yaml:"momentum" min:"0" max:"1" doc:"momentum of the key encoder at the start"`
	MomentumSchedule MomentumSchedule `yaml:"momentum_schedule" choices:"cosine,constant" doc:"cosine (to 1 at the end) or constant"`
	QueueSize        int              `yaml:"queue_size" min:"0" max:"16777216" doc:"past keys used as negatives; 0 uses the other images of the batch (moco-v1, moco-v2: 8 batches unless set)"`
	Symmetric        bool             `yaml:"symmetric" doc:"also contrast with the views swapped, and average"`
	Predictor        bool             `yaml:"predictor" doc:"a prediction head on the query, as in MoCo-v3"`
	ScaleByTau       bool             `yaml:"scale_2tau" doc:"multiply the loss by 2 tau, as in MoCo-v3"`
	Pool             Pool             `yaml:"pool" choices:"mean,cls,mean+cls" doc:"what the projector sees: mean, cls (of the visible pass) or mean+cls"`
	Query            Query            `yaml:"query" choices:"restored,visible" doc:"tokens of the query: restored (visible and masked passes) or visible"`
	Key              KeyTokens        `yaml:"key" choices:"split,full,visible,bank" doc:"tokens of the key: split (two masked passes), full (one whole pass) or visible; or bank, no pass: the image's own queries of earlier epochs, without a momentum encoder"`
	BankMomentum     float64          `yaml:"bank_momentum" min:"0" below:"1" doc:"key bank: share of an image's key that stays when its next query is added"`
	Hidden           int              `yaml:"hidden" min:"0" max:"262144" doc:"hidden width of the projector; 0 means 4096 from width 768 on, 4 times the width below (moco-v2: the width)"`
	Out              int              `yaml:"out" min:"1" max:"262144" doc:"width of a key"`
	Layers           int              `yaml:"layers" min:"1" max:"256" doc:"linear layers of the projector"`
	Every            int              `yaml:"every" min:"1" doc:"method cmae: contrast every n-th image of a batch alone, for a step that costs less; 1 contrasts all"`
	Groups           int              `yaml:"groups" min:"1" doc:"moco-v1 and moco-v2: parts of the batch whose BatchNorm statistics are apart, in place of shuffling over devices; 1 has one. On a ResNet 8 by default, or 4 or 2 so that each has 16 images"`
	FreezePatches    bool             `yaml:"freeze_patches" doc:"MoCo on a transformer: keep the first, random patch embedding, which makes training stabler"`
}

// DefaultContrast is spec 1.6 and 1.7.
func DefaultContrast() Contrast {
	return Contrast{
		Weight: 1, Tau: 0.2, Momentum: 0.99, MomentumSchedule: MomentumCosine, Pool: PoolMean,
		Query: QueryRestored, Key: KeySplit, BankMomentum: 0.5, Out: 256, Layers: 3, Every: 1,
		Groups: 1,
	}
}

// Copies tells whether a momentum encoder makes keys.
func (c Contrast) Copies() bool { return c.Weight > 0 && c.Key != KeyBank }

// HiddenFor is the hidden width of the projector for an encoder of width dim.
func (c Contrast) HiddenFor(dim int) int {
	switch {
	case c.Hidden > 0:
		return c.Hidden
	case dim >= 768:
		return 4096
	}
	return 4 * dim
}

// MomentumAt is m at step t of total: 1 - (1-m0)(1+cos(pi t/T))/2, or m0 throughout (spec 1.2).
func (c Contrast) MomentumAt(t, total int) float64 {
	switch c.MomentumSchedule {
	case MomentumConstant:
		return c.Momentum
	case MomentumCosine:
		return 1 - (1-c.Momentum)*(1+math.Cos(math.Pi*float64(t)/float64(total)))/2
	}
	panic(config.Unknown(c.MomentumSchedule))
}
