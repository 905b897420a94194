package finetune

import (
	"context"
	"io"
	"reflect"
	"testing"

	"cmae/internal/config"
	"cmae/internal/recipe"
	"cmae/internal/report"
)

// TestSettle: few labels bring the light recipe, over which goes what the user sets, a value that
// is the full recipe's own among it; many labels, or a recipe that is named, bring that one.
func TestSettle(t *testing.T) {
	base := tiny(t, 3) // 48 labels
	base.Train.BatchSize = recipe.DefaultFinetune().Train.BatchSize
	settle := func(set ...string) recipe.Finetune {
		t.Helper()
		c, source := base, config.Source{Set: set}
		err := config.Load(&c, source)
		if err == nil {
			c, err = Settle(
				context.Background(), c, base, source, report.NewConsole(io.Discard, true), nil,
			)
		}
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	light := settle()
	if light.Recipe != recipe.Light || light.Mix.Mixup != 0 || light.Augment.RandOps != 0 ||
		light.Train.BatchSize != 16 {
		t.Errorf("48 labels: %s, %+v, batch %d", light.Recipe, light.Mix, light.Train.BatchSize)
	}
	if c := settle("mix.mixup=0.8", "train.batch_size=24"); c.Recipe != recipe.Light ||
		c.Mix.Mixup != .8 || c.Mix.Cutmix != 0 || c.Train.BatchSize != 24 {
		t.Errorf("what is set: %s, %+v, batch %d", c.Recipe, c.Mix, c.Train.BatchSize)
	}
	if c := settle("data.per_class=1"); c.Train.BatchSize != 3 {
		t.Errorf("3 labels: batch %d", c.Train.BatchSize)
	}
	full := recipe.DefaultFinetune()
	for _, set := range [][]string{
		{"recipe=full", "train.batch_size=16"}, {"train.batch_size=16", "train.epochs=100000"},
	} {
		c := settle(set...)
		if c.Recipe != recipe.Full || c.Mix != full.Mix ||
			!reflect.DeepEqual(c.Augment, full.Augment) {
			t.Errorf("%v: %s, %+v", set, c.Recipe, c.Mix)
		}
	}
}
