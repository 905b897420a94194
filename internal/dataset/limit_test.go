package dataset

import (
	"errors"
	"image/color"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"cmae/internal/fault"
)

func TestSubset(t *testing.T) {
	var entries []entry // class 0 has 3, class 1 has 50, class 2 has 47
	for i := range 100 {
		label := 1 + i%2
		if i%40 == 0 {
			label = 0
		}
		entries = append(entries, entry{record: i, label: label})
	}
	cases := []struct {
		limit int
		want  [3]int // least number a class
	}{{3, [3]int{1, 1, 1}}, {9, [3]int{3, 3, 3}}, {31, [3]int{3, 14, 14}}, {99, [3]int{3, 46, 46}}}
	var before []entry
	for _, c := range cases {
		got := subset(entries, 3, 0, c.limit, 7)
		var count [3]int
		for _, e := range got {
			count[e.label]++
		}
		for class := range count {
			if count[class] < c.want[class] {
				t.Errorf("limit %d: %v, want at least %v", c.limit, count, c.want)
			}
		}
		if len(got) != c.limit ||
			!slices.IsSortedFunc(got, func(a, b entry) int { return a.record - b.record }) {
			t.Errorf("limit %d: %d entries, or out of order", c.limit, len(got))
		}
		for _, e := range before {
			if !slices.ContainsFunc(got, func(g entry) bool { return g.record == e.record }) {
				t.Errorf("limit %d lacks %d of the smaller subset", c.limit, e.record)
			}
		}
		before = got
	}
	records := func(seed uint64) (r []int) {
		for _, e := range subset(entries, 3, 0, 30, seed) {
			r = append(r, e.record)
		}
		return r
	}
	if !slices.Equal(records(1), records(1)) || slices.Equal(records(1), records(2)) {
		t.Error("the seed alone must decide")
	}
	if got := subset(entries, 3, 0, 0, 1); len(got) != 100 {
		t.Errorf("limit 0 keeps %d", len(got))
	}
}

func TestLimit(t *testing.T) {
	c := Default()
	c.Limit = 205
	data := mustOpen(t, c)
	if data.Train.Len() != 205 || data.Test.Len() != 205 {
		t.Errorf("%d, %d", data.Train.Len(), data.Test.Len())
	}
	for class, n := range data.Report.Splits[0].PerClass {
		if n < 20 || n > 21 {
			t.Errorf("%d of %q", n, class)
		}
	}
}

// TestPerClass: so many of each class to train on, other ones by another seed, a few of them a part
// of more, and all to evaluate on.
func TestPerClass(t *testing.T) {
	labels := func(n int, seed uint64) (*Data, map[pixelHash]bool) {
		c := Default()
		c.PerClass = n
		data, err := Open(t.Context(), c, seed, nil)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[pixelHash]bool{}
		for i := range data.Train.Len() {
			seen[hashPixels(data.Train.Image(i))] = true
		}
		return data, seen
	}
	all := mustOpen(t, Default())
	five, images := labels(5, 1)
	if five.Train.Len() != 5*len(all.Train.Classes()) || five.Test.Len() != all.Test.Len() {
		t.Errorf("%d to train on, %d to evaluate on", five.Train.Len(), five.Test.Len())
	}
	for class, n := range five.Report.Splits[0].PerClass {
		if n != 5 {
			t.Errorf("%d of %q", n, class)
		}
	}
	if _, others := labels(5, 2); maps.Equal(images, others) {
		t.Error("another seed took the same images")
	}
	_, more := labels(9, 1)
	for image := range images {
		if !more[image] {
			t.Fatal("nine a class lack some of the five")
		}
	}
}

// TestHoldout: training and held-out images are apart, balanced, and the latter the same for every
// seed.
func TestHoldout(t *testing.T) {
	c := Default()
	c.Holdout, c.Limit = 500, 500
	one, err := Open(t.Context(), c, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	two, err := Open(t.Context(), c, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[pixelHash]bool{}
	for i := range one.Test.Len() {
		seen[hashPixels(one.Test.Image(i))] = true
		if hashPixels(one.Test.Image(i)) != hashPixels(two.Test.Image(i)) {
			t.Fatalf("image %d differs between seeds", i)
		}
	}
	for _, n := range one.Report.Splits[1].PerClass {
		if n != 50 {
			t.Errorf("%d of a class, want 50", n)
		}
	}
	for _, data := range []*Data{one, two} {
		for i := range data.Train.Len() {
			if seen[hashPixels(data.Train.Image(i))] {
				t.Errorf("training image %d is held out", i)
			}
		}
	}
	c.Holdout = one.Train.Len() + 1e6
	if _, err := Open(t.Context(), c, 1, nil); !errors.Is(err, fault.Data) ||
		!strings.Contains(err.Error(), "data.holdout") {
		t.Errorf("too many: %v", err)
	}
}

// TestShrink compares with the definition: each pixel is the mean over the area it covers.
func TestShrink(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	src := Image{Width: 23, Height: 17, Pix: make([]uint8, 3*23*17)}
	for i := range src.Pix {
		src.Pix[i] = uint8(r.UintN(256))
	}
	keep := slices.Clone(src.Pix)
	got := shrink(src, 7)
	if got.Width != 9 || got.Height != 7 {
		t.Fatalf("%dx%d, want 9x7", got.Width, got.Height)
	}
	// Cut into 23 by 17 pieces, a pixel of 9x7 has pieces that each lie in one pixel of 23x17.
	for y := range got.Height {
		for x := range got.Width {
			var sum [3]float64
			for i := range 23 * 17 {
				sx, sy := (23*x+i%23)/9, (17*y+i/23)/7
				for c := range sum {
					sum[c] += float64(src.Pix[3*(sy*23+sx)+c])
				}
			}
			for c := range sum {
				// rounding to 8 bits
				if d := math.Abs(sum[c]/(23*17) - float64(got.Pix[3*(y*9+x)+c])); d > .5001 {
					t.Errorf("(%d,%d,%d): off by %v", x, y, c, d)
				}
			}
		}
	}
	if !slices.Equal(keep, src.Pix) {
		t.Error("input changed")
	}
	for _, side := range [][2]int{{3000, 2}, {1, 1}, {2, 3000}, {900, 3}} {
		img, err := decode(testDecoder, pngOf(side[0], side[1], color.Gray{7}))
		if err != nil {
			t.Fatal(err)
		}
		small := shrink(img, 1)
		if min(small.Width, small.Height) != 1 || small.Pix[0] != 7 ||
			small.Pix[len(small.Pix)-1] != 7 {
			t.Errorf("%v: %dx%d", side, small.Width, small.Height)
		}
	}
}
