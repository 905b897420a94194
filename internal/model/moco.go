package model

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
)

// MoCo is momentum contrast (spec 6), in any of its three versions. Both views are whole; the query
// goes through the online network, its key through the momentum copy. The versions differ in the
// head and in the negatives: a queue in v1 and v2, the other images of the batch in v3.
type MoCo struct {
	config      ContrastConfig
	order       []int // of the images in a key pass, nil deals them out
	query, keys branch
	predictor   *Projector // v3's, on the query
}

// branch is an encoder of whole images with its head.
type branch struct {
	transformer *Encoder // or
	resnet      *ResNet
	head        interface{ Forward(x *G.Node) *G.Node }
}

// NewMoCo makes the model at s, the root of a graph.
func NewMoCo(s *nn.Scope, c Config) *MoCo {
	m := &MoCo{
		config: c.Contrast, order: c.KeyOrder, query: newBranch(s, c),
		keys: newBranch(s.Sub("momentum").As(nn.Follower), c),
	}
	if k := c.Contrast; c.Method == MoCo3 && k.Predictor {
		m.predictor = NewProjector(
			s.Sub("predictor"), k.Out, k.HiddenFor(c.Encoder.Features()), k.Out, 2,
		)
	}
	return m
}

func newBranch(s *nn.Scope, c Config) branch {
	var b branch
	if c.Encoder.IsResNet() {
		b.resnet = NewResNet(
			s, c.Encoder.ResNet(0), nn.BatchMode{Train: true, Groups: c.Contrast.Groups},
		)
	} else {
		patches := s
		if c.Contrast.FreezePatches && s.Role() == nn.Trained {
			patches = s.As(nn.Fixed) // the momentum copy still follows, and so equals it
		}
		b.transformer = newEncoder(s, patches, c.Encoder, c.Side)
	}
	k, in, head := c.Contrast, c.Encoder.Features(), s.Sub("projector")
	switch c.Method {
	case MoCo1:
		b.head = NewHead(head, in, k.Out)
	case MoCo2:
		b.head = NewHead(head, in, k.MoCo2Hidden(in), k.Out)
	default:
		b.head = NewProjector(head, in, k.HiddenFor(in), k.Out, k.Layers)
	}
	return b
}

// Forward builds one step. The keys, which have no gradient, come first, so that their memory is
// free again when the rest runs.
func (m *MoCo) Forward(q, k View) Output {
	o := Output{ZK: m.key(k)}
	if m.config.Symmetric {
		o.SwapK = m.key(q)
	}
	o.ZQ = m.contrasted(q)
	if m.config.Symmetric {
		o.SwapQ = m.contrasted(k)
	}
	return o
}

// contrasted is zq of the online network.
func (m *MoCo) contrasted(v View) *G.Node {
	z := m.query.forward(v.Images, v.All, m.config.Pool)
	if m.predictor != nil {
		z = m.predictor.Forward(z)
	}
	return op.L2Normalize(z)
}

// key is zk of the momentum network. If BatchNorm has groups, the images are dealt out to them in
// another way than in the query's pass and brought back afterwards: statistics that a key shared
// with its own query would give it away. MoCo shuffles for that; batches are in random order
// already, so one fixed order does the same.
func (m *MoCo) key(v View) *G.Node {
	if m.config.Groups <= 1 {
		return op.L2Normalize(m.keys.forward(v.Images, v.All, m.config.Pool))
	}
	order := m.order
	if order == nil {
		order = dealt(v.Images.Shape()[0], m.config.Groups)
	}
	z := m.keys.forward(op.PermuteRows(v.Images, order), v.All, m.config.Pool)
	return op.PermuteRows(op.L2Normalize(z), inverse(order))
}

// dealt deals the images of a batch out to groups like cards: group g has images g, g+groups, g+2
// groups.
func dealt(batch, groups int) []int {
	order, each := make([]int, batch), batch/groups
	for i := range order {
		order[i] = i%each*groups + i/each
	}
	return order
}

// inverse undoes an order.
func inverse(order []int) []int {
	back := make([]int, len(order))
	for i, from := range order {
		back[from] = i
	}
	return back
}

// forward maps images[B,3,S,S] to the head's output [B,out].
func (b branch) forward(images, all *G.Node, pool Pool) *G.Node {
	if b.resnet != nil {
		return b.head.Forward(b.resnet.Forward(images).Features)
	}
	tokens := b.transformer.Forward(b.transformer.Embed(images), all, nil).Tokens // [B,1+N,D]
	return b.head.Forward(pooled(pool, tokens, nil))
}
