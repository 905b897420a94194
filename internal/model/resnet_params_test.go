package model

import (
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
)

// TestResNetParameters counts those of the published networks, and looks at names, shapes and
// initial values of some.
func TestResNetParameters(t *testing.T) {
	e := portable.New(2)
	defer e.Close()
	for _, c := range []struct {
		config         ResNetConfig
		count, tensors int // tensors as torchvision counts them, less num_batches_tracked
	}{
		{ResNetConfig{Depth: 18, Stem: "imagenet", Channels: 3, Width: 64, Classes: 1000}, 11_689_512, 122 - 20},
		{ResNetConfig{Depth: 50, Stem: "imagenet", Channels: 3, Width: 64, Classes: 1000}, 25_557_032, 320 - 53},
	} {
		p := nn.NewParams(e, kernel.F32, 1)
		NewResNet(nn.NewScope(G.NewGraph(), p, kernel.F32), c.config, nn.BatchMode{Train: true})
		if got := p.Count(""); got != c.count {
			t.Errorf("depth %d: %d parameters, want %d", c.config.Depth, got, c.count)
		}
		if got := len(p.All()); got != c.tensors {
			t.Errorf("depth %d: %d tensors, want %d", c.config.Depth, got, c.tensors)
		}
		// Filters of 3x3 onto 128 channels: deviation sqrt(2 / (128 9)); that of 73,728 and more
		// draws is within 1 % of it.
		checkSpread(t, p, "layer2.0.conv2.weight", math.Sqrt(2.0/(128*9)))
		checkSpread(t, p, "fc.weight", 1/math.Sqrt(3*float64(c.config.Dim())))
		checkSpread(t, p, "layer1.0.bn1.weight", 1)
		checkSpread(t, p, "layer3.0.downsample.1.running_mean", 0)
		checkSpread(t, p, "layer4.1.bn2.running_var", 1)
		if v, _ := p.Lookup("layer4.1.bn2.running_var"); v.Role != nn.Running {
			t.Errorf("running_var has role %d", v.Role)
		}
	}
}

// checkSpread compares the root of the mean square.
func checkSpread(t *testing.T, p *nn.Params, name string, want float64) {
	t.Helper()
	param, ok := p.Lookup(name)
	if !ok {
		t.Errorf("no parameter %s", name)
		return
	}
	var squares float64
	for _, v := range kernel.Read[float64](p.Engine(), param.Value) {
		squares += v * v
	}
	if got := math.Sqrt(squares / float64(param.Value.Len())); math.Abs(got-want) > 0.01*want {
		t.Errorf("%s: root mean square %v, want %v", name, got, want)
	}
}

func TestResNetRefusals(t *testing.T) {
	for _, c := range []struct {
		config ResNetConfig
		groups int
		want   string
	}{
		{
			ResNetConfig{Depth: 18, Stem: "small", Channels: 3, Width: 1}, 3,
			"a batch of 4 does not divide into 3 groups",
		},
		{
			ResNetConfig{Depth: 18, Stem: "small", Channels: 3, Width: 1}, 4,
			"a single value of a channel has no variance",
		},
	} {
		e := portable.New(1)
		images := e.New(kernel.F32, 4, 3, 8, 8)
		g := G.NewGraph()
		err := op.Build(func() {
			s := nn.NewScope(g, nn.NewParams(e, kernel.F32, 1), kernel.F32)
			NewResNet(
				s, c.config, nn.BatchMode{Train: true, Groups: c.groups},
			).Forward(op.Input(g, "images", images))
		})
		e.Close()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: got %v, want %q", c.config, err, c.want)
		}
	}
}
