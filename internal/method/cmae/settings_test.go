package cmae

import (
	"strings"
	"testing"

	"cmae/internal/model"
	"cmae/internal/recipe"
)

// valid is the default on images of 32 pixels.
func valid() recipe.Sized { return recipe.DefaultPretrain().At(32) }

// TestRefusals: an error names the key and says in the user's terms what is wrong.
func TestRefusals(t *testing.T) {
	m := New()
	check := func(c recipe.Sized) error {
		if err := m.Check(c.Pretrain); err != nil {
			return err
		}
		return m.CheckSide(c)
	}
	if err := check(valid()); err != nil {
		t.Fatalf("the default: %v", err)
	}
	for _, c := range []struct {
		want   string
		change func(c *recipe.Sized)
	}{
		{
			"mask.ratio: 0.99 of 64 patches leaves none visible",
			func(c *recipe.Sized) { c.Mask.Ratio = 0.99 },
		},
		{
			"mask.key_ratio: 0.99 of 64 patches leaves none visible",
			func(c *recipe.Sized) { c.Mask.KeyRatio = 0.99 },
		},
		{
			"mask.key_ratio: 0.5 hides patches of keys, and contrast.key full hides none",
			func(c *recipe.Sized) { c.Mask.KeyRatio, c.Contrast.Key = 0.5, recipe.KeyFull },
		},
		{
			"mask.ratio: 0.75 of 1 patches leaves none visible",
			func(c *recipe.Sized) { c.Model.PatchSize = 32 },
		},
		{
			"reconstruct.weight: is 0, and so are contrast.weight and location.weight",
			func(c *recipe.Sized) {
				c.Reconstruct.Weight, c.Contrast.Weight, c.Location.Weight = 0, 0, 0
			},
		},
		{
			"model.size: resnet18 cannot leave hidden patches out",
			func(c *recipe.Sized) { c.Model.Size = model.ResNet18 },
		},
	} {
		config := valid()
		c.change(&config)
		if err := check(config); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

func TestLocationTargets(t *testing.T) {
	ids := []int32{5, 0}
	index := recipe.DefaultPretrain().Location
	rowcol := index
	rowcol.Target = "rowcol"
	for _, c := range []struct {
		config recipe.Location
		ones   []int
	}{{index, []int{5, 9 + 0}}, {rowcol, []int{1, 3 + 2, 6 + 0, 6 + 3 + 0}}} {
		target := targets(c.config, ids, 3)
		if want := len(ids) * c.config.Slots(3); len(target) != want {
			t.Fatalf("%s: %d values, want %d", c.config.Target, len(target), want)
		}
		for i, v := range target {
			want := float32(0)
			for _, at := range c.ones {
				if i == at {
					want = 1
				}
			}
			if v != want {
				t.Errorf("%s: slot %d is %v, want %v", c.config.Target, i, v, want)
			}
		}
	}
}
