package model

import (
	"slices"

	"cmae/internal/config"
	"cmae/internal/graph/nn"
)

// Method names a way of pretraining.
type Method string

// The methods. The zero value means Masked too.
const (
	Masked Method = "cmae" // the paper's; MAE with contrast.weight and location.weight 0
	// He et al., "Momentum Contrast for Unsupervised Visual Representation Learning"
	MoCo1 Method = "moco-v1"
	// Chen et al., "Improved Baselines with Momentum Contrastive Learning"
	MoCo2 Method = "moco-v2"
	// Chen, Xie and He, "An Empirical Study of Training Self-Supervised Vision Transformers"
	MoCo3 Method = "moco-v3"
)

// Methods lists them.
func Methods() []Method { return []Method{Masked, MoCo1, MoCo2, MoCo3} }

// Validate checks that the method is one of them.
func (m Method) Validate() error {
	if !slices.Contains(Methods(), m) {
		return config.Faultf("method", "%q is not one of %v", string(m), Methods())
	}
	return nil
}

// IsMoCo tells the methods that contrast whole images from the one that hides patches.
func (m Method) IsMoCo() bool { return m == MoCo1 || m == MoCo2 || m == MoCo3 }

// Network is what a step trains: it maps two views of a batch to the stages that losses read.
type Network interface{ Forward(q, k View) Output }

// New makes the network of the configured method at s, the root of a graph.
func New(s *nn.Scope, c Config) Network {
	if c.Method.IsMoCo() {
		return NewMoCo(s, c)
	}
	return NewCMAE(s, c)
}
