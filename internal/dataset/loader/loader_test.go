package loader

import (
	"context"
	"errors"
	"io"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"cmae/internal/config"
	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset/augment"
	"cmae/internal/rng"
)

// fake is a source of small images of different sizes, noise drawn from their index.
type fake int

var _ Source = fake(0)

func (f fake) Len() int        { return int(f) }
func (f fake) Label(i int) int { return i % 3 }
func (f fake) Image(i int) augment.Image {
	img := augment.Image{Width: 8 + i%5, Height: 8 + i%3}
	img.Pix = make([]uint8, 3*img.Width*img.Height)
	r := rng.For(7, rng.Synthetic, uint64(i))
	for j := range img.Pix {
		img.Pix[j] = uint8(r.Uint32())
	}
	return img
}

func options(mode Mode, workers int) Options {
	return Options{
		Mode: mode, Seed: 3, Batch: 6, Side: 8, Patches: 4, DropPosition: .5, CropAlpha: .6,
		Augment: augment.Default(), Config: Config{Workers: workers, Prefetch: 2},
	}
}

func newLoader(t *testing.T, n int, opt Options) *Loader {
	t.Helper()
	l, err := New(fake(n), opt)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// epoch collects copies of an epoch's batches, releasing each, so that memory is used again.
func epoch(
	t *testing.T, l *Loader, number, first int, boxes func(int) contrastivecrop.Box,
) []Batch {
	t.Helper()
	s := l.Start(context.Background(), number, first, boxes)
	defer s.Close()
	var out []Batch
	for {
		b, err := s.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		c := *b
		c.free = nil
		c.Indices, c.Labels = slices.Clone(b.Indices), slices.Clone(b.Labels)
		c.Whole = slices.Clone(b.Whole)
		c.Query, c.Key, c.NoiseQuery = slices.Clone(b.Query), slices.Clone(b.Key), slices.Clone(b.NoiseQuery)
		c.NoiseKey, c.KeepPosition = slices.Clone(b.NoiseKey), slices.Clone(b.KeepPosition)
		out = append(out, c)
		b.Release()
		b.Release() // a second release must not hand the memory out twice
	}
}

func TestWorkersChangeNothing(t *testing.T) {
	box := func(i int) contrastivecrop.Box {
		return contrastivecrop.Box{Top: .1, Left: .2, Bottom: .3 + float32(i%5)/10, Right: .9}
	}
	for _, mode := range modes {
		for _, boxes := range []func(int) contrastivecrop.Box{nil, box} {
			want := epoch(t, newLoader(t, 40, options(mode, 1)), 2, 0, boxes)
			for _, workers := range []int{4, 13} {
				if got := epoch(
					t, newLoader(t, 40, options(mode, workers)), 2, 0, boxes,
				); !reflect.DeepEqual(got, want) {
					t.Errorf("%s: %d workers give other batches than one", mode, workers)
				}
			}
		}
	}
}

func TestRestartInTheMiddle(t *testing.T) {
	l := newLoader(t, 40, options(TwoViews, 3))
	whole := epoch(t, l, 5, 0, nil)
	if got := epoch(
		t, newLoader(t, 40, options(TwoViews, 2)), 5, 4, nil,
	); !reflect.DeepEqual(got, whole[4:]) {
		t.Error("an epoch started at step 4 differs from the rest of the whole epoch")
	}
	if got := epoch(t, l, 5, 6, nil); len(got) != 0 {
		t.Errorf("%d batches after the last step", len(got))
	}
}

func TestEpochOrder(t *testing.T) {
	l := newLoader(t, 40, options(OneView, 2))
	seen := map[int32]int{}
	var orders [][]int32
	for e := range 6 {
		batches := epoch(t, l, e, 0, nil)
		if len(batches) != 6 || l.Steps() != 6 {
			t.Fatalf("%d batches, %d steps of 40 images, want 6", len(batches), l.Steps())
		}
		var order []int32
		for _, b := range batches {
			order = append(order, b.Indices...)
			for i, index := range b.Indices {
				if b.Labels[i] != index%3 || b.Count != 6 {
					t.Errorf("image %d has label %d, count %d", index, b.Labels[i], b.Count)
				}
			}
		}
		sorted := slices.Clone(order)
		slices.Sort(sorted)
		if len(slices.Compact(sorted)) != 36 {
			t.Error("an image came twice in an epoch")
		}
		for _, index := range order {
			seen[index]++
		}
		orders = append(orders, order)
	}
	if len(seen) != 40 {
		t.Errorf("%d of 40 images seen in six epochs", len(seen))
	}
	if slices.Equal(orders[0], orders[1]) {
		t.Error("two epochs have the same order")
	}
}

func TestModesFillTheirParts(t *testing.T) {
	for _, c := range []struct {
		mode                         Mode
		query, key, noise, noise2, p int
	}{{TwoViews, 1152, 1152, 24, 24, 24}, {OneView, 1152, 0, 24, 0, 24}, {Labelled, 1152, 0, 0, 0, 0}, {Whole, 1152, 0, 24, 0, 24}, {Uncropped, 1152, 0, 24, 0, 24}} {
		b := epoch(t, newLoader(t, 40, options(c.mode, 1)), 0, 0, nil)[0]
		if got := []int{
			len(b.Query), len(b.Key), len(b.NoiseQuery), len(b.NoiseKey), len(b.KeepPosition),
		}; !slices.Equal(got, []int{c.query, c.key, c.noise, c.noise2, c.p}) {
			t.Errorf("%s: lengths %v, want %v", c.mode, got, c)
		}
	}
}

// An MAE run sees the views and masks of the CMAE run with its seed: ablations compare methods, not
// draws.
func TestOneViewEqualsQuery(t *testing.T) {
	two := epoch(t, newLoader(t, 40, options(TwoViews, 1)), 1, 0, nil)[3]
	one := epoch(t, newLoader(t, 40, options(OneView, 1)), 1, 0, nil)[3]
	if !slices.Equal(one.Query, two.Query) || !slices.Equal(one.NoiseQuery, two.NoiseQuery) {
		t.Error("the query view or its mask depends on whether a key view is made")
	}
	if slices.Equal(two.Query, two.Key) || slices.Equal(two.NoiseQuery, two.NoiseKey) {
		t.Error("query and key are alike")
	}
}

// MoCo's coloured queries do not reach the views that evaluate an encoder.
func TestColourQuery(t *testing.T) {
	opt := options(TwoViews, 1)
	plain := epoch(t, newLoader(t, 40, opt), 1, 0, nil)[3]
	opt.Augment.ColourQuery = true
	coloured := epoch(t, newLoader(t, 40, opt), 1, 0, nil)[3]
	if slices.Equal(plain.Query, coloured.Query) || !slices.Equal(plain.Key, coloured.Key) {
		t.Error("colour_query does not change the query view, or changes the key view")
	}
	opt = options(Labelled, 1)
	want := epoch(t, newLoader(t, 40, opt), 1, 0, nil)[3]
	opt.Augment.ColourQuery = true
	if got := epoch(t, newLoader(t, 40, opt), 1, 0, nil)[3]; !slices.Equal(got.Query, want.Query) {
		t.Error("a labelled view is coloured")
	}
}

// TestUncropped: heat maps see all of an image in order, padded as evaluations are.
func TestUncropped(t *testing.T) {
	b := epoch(t, newLoader(t, 7, options(Uncropped, 2)), 0, 0, nil)
	if len(b) != 2 || b[1].Count != 1 ||
		!slices.Equal(b[1].Indices, []int32{6, -1, -1, -1, -1, -1}) {
		t.Fatalf("%d batches, last: %v", len(b), b[len(b)-1].Indices)
	}
	want := make([]float32, 192)
	if augment.NewWorkspace(augment.Default(), 8).Uncropped(
		want, fake(7).Image(6),
	); !slices.Equal(b[1].Query[:192], want) {
		t.Error("row 6 is not all of image 6")
	}
}

func TestWholePadsTheLastBatch(t *testing.T) {
	l := newLoader(t, 4, options(Whole, 2)) // fewer images than rows
	b := epoch(t, l, 0, 0, nil)
	if len(b) != 1 || b[0].Count != 4 || !slices.Equal(b[0].Indices, []int32{0, 1, 2, 3, -1, -1}) ||
		!slices.Equal(b[0].Labels, []int32{0, 1, 2, 0, -1, -1}) {
		t.Fatalf(
			"%d batches, first: count %d indices %v labels %v", len(b), b[0].Count, b[0].Indices,
			b[0].Labels,
		)
	}
	if slices.ContainsFunc(b[0].Query[4*192:], func(v float32) bool { return v != 0 }) {
		t.Error("padding is not zero")
	}
	want := make([]float32, 192)
	augment.NewWorkspace(augment.Default(), 8).Whole(want, fake(4).Image(3), augment.Fit{})
	if !slices.Equal(b[0].Query[3*192:4*192], want) {
		t.Error("row 3 is not the whole image 3")
	}
	long := epoch(t, newLoader(t, 13, options(Whole, 2)), 0, 0, nil)
	if len(long) != 3 || long[2].Count != 1 ||
		slices.ContainsFunc(long[2].Query[192:], func(v float32) bool { return v != 0 }) {
		t.Error("a recycled batch keeps old rows in its padding")
	}
}

func TestNoise(t *testing.T) {
	opt := options(TwoViews, 2)
	opt.Patches, opt.DropPosition = 500, .25
	b := epoch(t, newLoader(t, 40, opt), 0, 0, nil)[0]
	mean, kept := 0., 0.
	for i, u := range b.NoiseQuery {
		if !(u >= 0 && u < 1) || (b.KeepPosition[i] != 0 && b.KeepPosition[i] != 1) {
			t.Fatalf("noise %v, keep %v", u, b.KeepPosition[i])
		}
		mean, kept = mean+float64(u)/3000, kept+float64(b.KeepPosition[i])/3000
	}
	if math.Abs(mean-.5) > .027 || math.Abs(kept-.75) > .04 { // five sd of 3000 draws
		t.Errorf("mean noise %v, positions kept %v; want .5, .75", mean, kept)
	}
	want := rng.For(3, rng.QueryMask, 0, uint64(b.Indices[5])).Float32()
	if b.NoiseQuery[5*500] != want {
		t.Error("noise is not keyed by (epoch, image)")
	}
}

func TestCancelLeavesNoGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	l := newLoader(t, 4000, options(TwoViews, 4))
	ctx, cancel := context.WithCancel(context.Background())
	s := l.Start(ctx, 0, 0, nil)
	if _, err := s.Next(); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := s.Next(); !errors.Is(err, context.Canceled) {
		t.Errorf("after the cancellation: %v", err)
	}
	s.Close()
	closed := l.Start(context.Background(), 0, 0, nil)
	closed.Close()
	closed.Close()
	if _, err := closed.Next(); !errors.Is(err, context.Canceled) {
		t.Errorf("after Close: %v", err)
	}
	for range 100 { // a goroutine counted down may still be on its last instruction
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

func TestMemoryIsRecycled(t *testing.T) {
	l := newLoader(t, 600, options(TwoViews, 1))
	s := l.Start(context.Background(), 0, 0, nil)
	defer s.Close()
	buffers := map[*float32]bool{}
	for {
		b, err := s.Next()
		if err != nil {
			break
		}
		buffers[&b.Query[0]] = true
		b.Release()
	}
	if len(buffers) > 5 { // prefetch 2, and what is being entered, waited for and used
		t.Errorf("%d buffers for 100 batches", len(buffers))
	}
}

func TestRefusals(t *testing.T) {
	for want, spoil := range map[string]func(*Options){
		"mode":             func(o *Options) { o.Mode = "three-views" },
		"train.batch_size": func(o *Options) { o.Batch = 41 },
		"positive":         func(o *Options) { o.Side = 0 },
		"drop position":    func(o *Options) { o.DropPosition = math.NaN() },
		"loader.workers":   func(o *Options) { o.Config.Workers = -1 },
		"loader.prefetch":  func(o *Options) { o.Config.Prefetch = 0 },
	} {
		opt := options(TwoViews, 1)
		spoil(&opt)
		if _, err := New(fake(40), opt); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s spoiled: %v", want, err)
		}
	}
	if _, err := New(fake(0), options(Whole, 1)); err == nil {
		t.Error("an empty data set was accepted")
	}
	if err := config.Check("loader", Default()); err != nil {
		t.Error(err)
	}
}

// TestPeek: what is looked at is what comes next, and nothing comes after the last.
func TestPeek(t *testing.T) {
	l := newLoader(t, 40, options(TwoViews, 2))
	s := l.Start(t.Context(), 0, 0, nil)
	defer s.Close()
	for step := range l.Steps() {
		var seen *Batch
		for seen == nil {
			runtime.Gosched()
			seen = s.Peek()
		}
		if again := s.Peek(); again != seen {
			t.Fatal("a second look shows another batch")
		}
		b, err := s.Next()
		if err != nil || b != seen || b.Step != step {
			t.Fatalf("step %d: %v, %v", step, b, err)
		}
		b.Release()
	}
	if s.Peek() != nil {
		t.Error("a batch after the last")
	}
	if _, err := s.Next(); err != io.EOF {
		t.Errorf("got %v", err)
	}
}
