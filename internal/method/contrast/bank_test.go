package contrast_test

import (
	"math"
	"testing"

	"cmae/internal/comm"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/method/contrast"
	"cmae/internal/recipe"
)

// TestBank: an image's key is what its row holds, and after the step the unit vector along m times
// that key plus 1-m times its projection; the rows of other images stay.
func TestBank(t *testing.T) {
	const batch, images, width, m = 2, 5, 3, 0.25
	e := portable.New(1)
	defer e.Close()
	c := recipe.DefaultPretrain().At(32).Of(images)
	c.Contrast.Out, c.Contrast.BankMomentum = width, m
	f, err := exec.Compile(
		comm.Single(e), nn.NewParams(e, kernel.F64, 1), kernel.F64, func(b *exec.Builder) {
			z := op.L2Normalize(b.Input("z", kernel.F64, batch, width))
			b.Output("keys", contrast.FromBank(b, c, z, z).Key)
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	contrast.Start(f, 1)
	before := kernel.Read[float64](e, f.Value(contrast.Bank))
	z, rows := []float64{3, 0, 4, 0, -2, 0}, []int32{4, 1}
	exec.Feed(f, "z", z)
	contrast.FeedBank(f, rows)
	if err := f.Run(); err != nil {
		t.Fatal(err)
	}
	keys := exec.Read[float64](f, "keys")
	contrast.After(f, 0, rows)
	want := append([]float64{}, before...)
	for i, unit := range [][]float64{{0.6, 0, 0.8}, {0, -1, 0}} {
		row, sum := want[int(rows[i])*width:][:width], 0.0
		for j := range row {
			if keys[i*width+j] != row[j] {
				t.Errorf("key %d is %v, want %v", i, keys[i*width:][:width], row)
			}
			row[j] = m*row[j] + (1-m)*unit[j]
			sum += row[j] * row[j]
		}
		for j := range row {
			row[j] /= math.Sqrt(sum)
		}
	}
	for i, v := range kernel.Read[float64](e, f.Value(contrast.Bank)) {
		if math.Abs(v-want[i]) > 1e-12 {
			t.Errorf("element %d of the bank is %v, want %v", i, v, want[i])
		}
	}
}
