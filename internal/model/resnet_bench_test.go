package model

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/nn/nntest"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/kernel/backend"
)

// BenchmarkResNet is forward and gradient of a training step, on both engines. It reports the best
// step and, in the log, where the time of all steps went. testdata/resnet_speed.py is the same in
// PyTorch.
func BenchmarkResNet(b *testing.B) {
	for _, c := range []struct {
		name        string
		config      ResNetConfig
		side, batch int
	}{
		{"18-32px", ResNetConfig{Depth: 18, Stem: "small", Channels: 3, Width: 64, Classes: 128}, 32, 128},
		{"50-64px", ResNetConfig{Depth: 50, Stem: "imagenet", Channels: 3, Width: 64, Classes: 128}, 64, 64},
	} {
		for _, name := range []string{"onednn", "portable"} {
			b.Run(c.name+"/"+name, func(b *testing.B) {
				runtime.LockOSThread() // before Open, see onednn.Engine
				defer runtime.UnlockOSThread()
				choice, err := backend.Open(name, "f32", 0)
				if err != nil {
					b.Skip(err)
				}
				defer choice.Close()
				benchResNet(b, choice.Engine, c.config, c.side, c.batch)
			})
		}
	}
}

func benchResNet(b *testing.B, e kernel.Engine, config ResNetConfig, side, batch int) {
	g := G.NewGraph()
	s := nn.NewScope(g, nn.NewParams(e, kernel.F32, 1), kernel.F32)
	images := e.New(kernel.F32, batch, 3, side, side)
	kernel.Write(e, images, nntest.Noise("images", images.Len()))
	y := NewResNet(
		s, config, nn.BatchMode{Train: true},
	).Forward(op.Input(g, "images", images)).Logits
	loss := op.SquaredError(y, op.Input(g, "target", e.New(kernel.F32, batch, config.Classes)), 1)
	nodes, _ := s.Trained()
	grads, err := G.Grad(loss, nodes...)
	if err != nil {
		b.Fatal(err)
	}
	m, err := graph.Compile(e, g, append(grads, loss))
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	if err := m.RunAll(); err != nil { // makes primitives, touches memory
		b.Fatal(err)
	}
	profile, best, steps := m.Profile(), time.Duration(math.MaxInt64), 0
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		if err := m.RunAll(); err != nil {
			b.Fatal(err)
		}
		best, steps = min(best, time.Since(start)), steps+1
	}
	b.ReportMetric(float64(batch)/best.Seconds(), "images/s")
	shared, _ := m.Memory()
	b.Logf("activations %d MB; ms a step: %s", shared>>20, kinds(profile, steps))
}

// kinds lists a profile's kinds of operations, the longest first.
func kinds(p *graph.Profile, steps int) string {
	names := slices.SortedFunc(
		maps.Keys(p.Kinds),
		func(x, y string) int { return -cmp.Compare(p.Kinds[x].Time, p.Kinds[y].Time) },
	)
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %.1f", name, p.Kinds[name].Time.Seconds()*1e3/float64(steps))
	}
	return strings.Join(names, ", ")
}
