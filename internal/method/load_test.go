package method_test

import (
	"slices"
	"strings"
	"testing"

	"cmae/internal/config"
	"cmae/internal/method"
	"cmae/internal/optim"
	"cmae/internal/recipe"
)

func loaded(set ...string) (recipe.Pretrain, error) {
	return method.Load(method.Default(), config.Source{Set: set})
}

// load changes base.
func load(t *testing.T, base recipe.Pretrain, set ...string) recipe.Pretrain {
	t.Helper()
	c, err := method.Load(base, config.Source{Set: set})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestTrains: MAE is called so, although it is a case of method cmae; and defaults are those of the
// method, but for the method itself.
func TestTrains(t *testing.T) {
	for _, c := range []struct {
		set   []string
		want  string
		decay float64
	}{
		{nil, "cmae", 0.05},
		{[]string{"contrast.weight=0"}, "cmae", 0.05},
		{[]string{"contrast.weight=0", "location.weight=0"}, "mae", 0.05},
		{[]string{"method=moco-v3", "optim.weight_decay=0.3"}, "moco-v3", 0.1},
	} {
		got, err := loaded(c.set...)
		if err != nil || method.Of(got).Title(got) != c.want {
			t.Errorf("%v: %q, %v", c.set, method.Of(got).Title(got), err)
		}
		if d := method.All().Unset(got); d.Method != "cmae" || d.Optim.WeightDecay != c.decay {
			t.Errorf("%v: defaults %s, %g", c.set, d.Method, d.Optim.WeightDecay)
		}
	}
}

// TestMethodDefaults: naming a method is enough to get its published numbers, and what is set
// besides stays set.
func TestMethodDefaults(t *testing.T) {
	c, err := loaded("method=moco-v1", "model.size=resnet18", "contrast.queue_size=512")
	if err != nil {
		t.Fatal(err)
	}
	k, a, o := c.Contrast, c.Augment, c.Optim
	if k.Tau != 0.07 || k.Momentum != 0.99 || k.MomentumSchedule != "constant" ||
		k.QueueSize != 512 || k.Out != 128 || k.Weight != 1 {
		t.Errorf("v1 contrast: %+v", k)
	}
	if !a.ColourQuery || a.JitterProb != 1 || a.Hue != 0.4 || a.BlurProb != 0 || a.GrayProb != 0.2 {
		t.Errorf("v1 augment: %+v", a)
	}
	if o.Kind != optim.KindSGD || o.Schedule != optim.ScheduleStep || o.WeightDecay != 1e-4 ||
		!o.DecayAll || o.BaseLR != 0.03 || o.WarmupEpochs != 0 {
		t.Errorf("v1 optim: %+v", o)
	}
	for batch, want := range map[string]int{"256": 8, "128": 8, "64": 4, "40": 2, "20": 1, "99": 1} {
		c, err := loaded("method=moco-v2", "model.size=resnet18", "train.batch_size="+batch)
		if err != nil || c.Contrast.Groups != want {
			t.Errorf("batch %s: %d groups of BatchNorm, want %d: %v", batch, c.Contrast.Groups, want, err)
		}
	}
	if _, err = loaded("method=moco-v1", "train.epochs=1"); err != nil {
		t.Errorf("a run too short for milestones: %v", err)
	}
	if c, err = loaded("method=moco-v2"); err != nil || c.Contrast.Tau != 0.2 ||
		c.Augment.BlurProb != 0.5 || c.Optim.Schedule != optim.ScheduleCosine {
		t.Errorf("v2: %v, %+v", err, c)
	}
	if c, err = loaded("method=moco-v3"); err != nil || !c.Contrast.Symmetric ||
		c.Contrast.Pool != "cls" || c.Optim.Kind != optim.KindAdamW || c.Contrast.QueueSize != 0 {
		t.Errorf("v3: %v, %+v", err, c)
	}
	if c, err = loaded("method=moco-v3", "model.size=resnet50"); err != nil ||
		c.Contrast.Pool != "mean" {
		t.Errorf("v3 on a ResNet: %v, %+v", err, c.Contrast)
	}
	// What a run wrote comes back the same, and a change of it does not bring defaults again.
	c, _ = loaded("method=moco-v2", "contrast.tau=0.1")
	if again := load(t, c, "method=moco-v2", "seed=2"); again.Contrast.Tau != 0.1 {
		t.Errorf("loaded onto itself: %+v", again.Contrast)
	}
	// A cell of a sweep sets the method over a base that has settings which only the other method
	// reads.
	base, err := loaded(
		"mask.ratio=0.5", "decoder.depth=3", "location.weight=0.1", "crop.enabled=true",
		"model.dim=48",
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"moco-v2", "moco-v3"} {
		c := load(t, base, "method="+name)
		if c.Model.Dim != 48 || c.Crop.Enabled != (name == "moco-v3") {
			t.Errorf(
				"%s over a base of cmae: model.dim %d, crop.enabled %t", name, c.Model.Dim,
				c.Crop.Enabled,
			)
		}
	}
}

func TestMethodRefusals(t *testing.T) {
	for _, c := range []struct{ set, want string }{
		{"method=moco", `method: "moco" is not one of cmae, moco-v1, moco-v2, moco-v3`},
		{"model.size=resnet18", "model.size: resnet18 cannot leave hidden patches out"},
		{"contrast.groups=2", "contrast.groups: 2 has no part in method cmae"},
		{"contrast.freeze_patches=true", "contrast.freeze_patches: true has no part"},
		{
			"method=moco-v1 mask.ratio=0.5",
			"mask.ratio: 0.5 has no part in method moco-v1; leave it out",
		},
		{"method=moco-v1 decoder.depth=3", "decoder.depth: 3 has no part"},
		{"method=moco-v2 reconstruct.weight=1", "reconstruct.weight: 1.0 has no part"},
		{"method=moco-v3 location.weight=1", "location.weight: 1.0 has no part"},
		{"method=moco-v1 crop.enabled=true", "crop.enabled: true has no part"},
		{"method=moco-v1 contrast.hidden=64", "contrast.hidden: 64 has no part"},
		{"method=moco-v2 contrast.layers=2", "contrast.layers: 2 has no part"},
		{"method=moco-v2 contrast.symmetric=true", "contrast.symmetric: true has no part"},
		{"method=moco-v3 contrast.queue_size=9", "contrast.queue_size: 9 "},
		{
			"method=moco-v2 contrast.queue_size=0",
			"contrast.queue_size: moco-v2 takes its negatives from a queue",
		},
		{"method=moco-v2 contrast.weight=0", "contrast.weight: 0 leaves moco-v2 nothing"},
		{
			"method=moco-v2 contrast.groups=2",
			"contrast.groups: 2 splits the BatchNorms of a ResNet",
		},
		{"method=moco-v3 model.size=resnet18 contrast.groups=2", "contrast.groups: 2 "},
		{
			"method=moco-v2 model.size=resnet18 contrast.groups=3",
			"contrast.groups: 3 must divide train.batch_size 128",
		},
		{
			"method=moco-v2 model.size=resnet18 contrast.groups=128",
			"contrast.groups: 128 of a batch of 128 leave one image",
		},
		{
			"method=moco-v2 model.size=resnet18 contrast.pool=cls",
			`contrast.pool: "cls" needs a transformer`,
		},
		{
			"method=moco-v2 model.size=resnet18 contrast.freeze_patches=true",
			"contrast.freeze_patches: resnet18 has no patch embedding",
		},
		{
			"method=moco-v3 model.size=resnet18 crop.enabled=true",
			"crop.enabled: ContrastiveCrop finds objects by a transformer's attention",
		},
		{
			"method=moco-v2 model.size=resnet18 probe.feature=cls",
			"probe.feature: resnet18 has no class token",
		},
		{
			"method=moco-v2 model.size=resnet18 train.accumulate=2",
			"train.accumulate: contrast.weight above 0 needs the whole batch",
		},
		{"method=moco-v2 model.size=resnet18 model.dim=64", "model.dim: belongs to transformers"},
	} {
		if _, err := loaded(strings.Fields(c.set)...); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.set, err, c.want)
		}
	}
	if _, err := loaded(
		"method=moco-v3", "crop.enabled=true", "contrast.freeze_patches=true",
	); err != nil {
		t.Errorf("ContrastiveCrop of MoCo-v3 on a transformer: %v", err)
	}
}

// TestQueueWarnings: by default a queue holds 8 batches and keys age by 8 %, the most that suits
// short runs.
func TestQueueWarnings(t *testing.T) {
	for _, c := range []struct {
		set    string
		images int
		want   []string
	}{
		{"", 0, nil},
		{"", 4000, nil},
		{"", 1000, []string{"contrast.queue_size: 1024 is more than the 1000 training images"}},
		{"train.batch_size=256", 4000, nil},
		{
			"contrast.queue_size=2048", 20_000,
			[]string{"contrast.queue_size: in a queue of 2048 by batches of 128 at contrast.momentum " +
				"0.99 keys age by 16 %, and in a run of 1248 steps they may be told by their age; " +
				"take at most 1024, or a higher momentum"},
		},
		{"contrast.momentum=0.999 contrast.queue_size=4096", 20_000, nil},
		{"contrast.momentum=0.999 contrast.queue_size=65536 train.batch_size=256", 1_280_000, nil},
		{"contrast.momentum=1 contrast.queue_size=2048", 20_000, nil},
	} {
		r, err := loaded(append(strings.Fields(c.set), "method=moco-v2")...)
		if err != nil {
			t.Fatal(err)
		}
		got := method.All().Warnings(r.At(32).Of(c.images))
		if !slices.EqualFunc(got, c.want, strings.HasPrefix) {
			t.Errorf("%q, %d images: %q", c.set, c.images, got)
		}
	}
}

// TestUnreadSettings: what somebody sets and another setting leaves without effect is told.
func TestUnreadSettings(t *testing.T) {
	for _, c := range []struct {
		set  string
		want []string
	}{
		{"", nil},
		{"decoder.kind=conv decoder.depth=4 decoder.heads=2", []string{"decoder.heads: 2 has no effect: decoder.kind conv"}},
		{"decoder.kind=hybrid-mlp decoder.heads=2 decoder.mlp_ratio=2", nil},
		{"decoder.kind=mlp decoder.mlp_ratio=2 decoder.heads=4", []string{"decoder.heads: 4"}},
		{
			"decoder.depth=0 decoder.heads=2",
			[]string{"decoder.depth: 0 blocks", "decoder.heads: 2 has no effect: decoder.depth 0 has no blocks"},
		},
		{
			"decoder.kind=hybrid-conv decoder.depth=3 decoder.hybrid_at=[0,1,2] decoder.mlp_ratio=2",
			[]string{"decoder.mlp_ratio: 2.0 has no effect: decoder.kind hybrid-conv"},
		},
		{
			"contrast.key=bank contrast.momentum=0.5 augment.hue=0.2",
			[]string{
				"augment.hue: 0.2 has no effect: contrast.key bank has one view",
				"contrast.momentum: 0.5 has no effect: contrast.key bank has no momentum encoder",
			},
		},
		{"contrast.key=bank augment.hue=0.2 augment.colour_query=true", nil},
		{"contrast.bank_momentum=0.9", []string{"contrast.bank_momentum: 0.9 has no effect: contrast.key split"}},
		{"contrast.weight=0 contrast.bank_momentum=0.9 contrast.tau=0.3", nil},
		{
			"crop.enabled=true crop.source=constant crop.start=0 crop.rule=otsu",
			[]string{
				"crop.rule: otsu has no effect: crop.source constant has no heat map",
				"crop.start: 0.0 has no effect: crop.source constant has no heat map",
			},
		},
		{
			"crop.enabled=true crop.rule=otsu crop.threshold=0.2",
			[]string{"crop.threshold: 0.2 has no effect: crop.rule otsu finds its own"},
		},
	} {
		r, err := loaded(strings.Fields(c.set)...)
		if err != nil {
			t.Fatalf("%s: %v", c.set, err)
		}
		got := method.All().Warnings(r.At(28))
		if !slices.EqualFunc(got, c.want, strings.HasPrefix) {
			t.Errorf("%q: %q", c.set, got)
		}
	}
}
