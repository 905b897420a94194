package picture

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestPrincipal: features made of three directions of known variance, on top of a pattern of
// places, give these back.
func TestPrincipal(t *testing.T) {
	const images, n, d = 500, 4, 6
	scale := [3]float64{4, 2, 1}
	place := [n]float64{-3, -1, 1, 3} // in the sixth feature
	r := rand.New(rand.NewPCG(1, 2))
	features, want := make([]float32, images*n*d), [3][]float64{}
	for row := range images * n {
		for k := range scale {
			v := scale[k] * r.NormFloat64()
			features[row*d+k] = float32(v + 10)
			want[k] = append(want[k], v)
		}
		features[row*d+d-1] = float32(place[row%n])
	}
	p := newPatches(features, images*n)
	if share := p.withoutPlace(n); math.Abs(share-5./(5+16+4+1)) > .02 {
		t.Errorf("places have %.3f of the variance, want %.3f", share, 5./26)
	}
	components, err := p.principal()
	if err != nil || len(components) != 3 {
		t.Fatalf("%d components, %v", len(components), err)
	}
	for k, c := range components {
		if share := scale[k] * scale[k] / 21; math.Abs(c.share-share) > .03 {
			t.Errorf("component %d has %.3f of the variance, want %.3f", k, c.share, share)
		}
		// the 2nd and 98th percentile of a Gaussian lie at 2.054 standard deviations
		for row, v := range want[k] {
			if got := min(
				max(.5+v/scale[k]/2/2.054, 0), 1,
			); math.Abs(float64(c.values[row])-got) > .1 {
				t.Fatalf("component %d of row %d is %.3f, want %.3f", k, row, c.values[row], got)
			}
		}
	}
}

// TestPrincipalOfLittle: features that are all the same, or fewer than three, are no failure.
func TestPrincipalOfLittle(t *testing.T) {
	same := newPatches(make([]float32, 5*4), 5)
	if share := same.withoutPlace(1); share != 0 {
		t.Errorf("places have %g of no variance", share)
	}
	components, err := same.principal()
	if err != nil || len(components) != 3 || components[0].share != 0 ||
		components[0].values[0] != 0 {
		t.Errorf("%+v, %v", components, err)
	}
	two, err := newPatches([]float32{0, 0, 1, 0, 2, 5}, 3).principal()
	if err != nil || len(two) != 2 {
		t.Errorf("%d components of two features, %v", len(two), err)
	}
}
