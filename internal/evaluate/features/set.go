package features

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"cmae/internal/comm"
	"cmae/internal/dataset/augment"
	"cmae/internal/dataset/loader"
	"cmae/internal/fault"
	"cmae/internal/kernel"
	"cmae/internal/recipe"
)

// Set is a split as an encoder sees it.
type Set struct {
	Encoder string // its name
	Feature recipe.Feature
	Dim     int       // D
	Values  []float32 // [n,D]
	Labels  []int32   // [n], 0 to C-1
	Seconds float64   // that encoding took
}

// AppendUnit appends rows from (included) to to (excluded) to dst, each divided by its length; a
// row of zeros stays one.
func (s Set) AppendUnit(dst []float32, from, to int) []float32 {
	for i := from; i < to; i++ {
		squares := 0.0
		for _, v := range s.Row(i) {
			squares += float64(v) * float64(v)
		}
		scale := 1 / max(math.Sqrt(squares), math.SmallestNonzeroFloat32)
		for _, v := range s.Row(i) {
			dst = append(dst, float32(float64(v)*scale))
		}
	}
	return dst
}

// Loading says how images reach the encoder.
type Loading struct {
	Augment  augment.Config // normalisation; crop and flip where images are augmented
	Fit      augment.Fit    // of whole images
	Loader   loader.Config
	Progress func(done, total int) // images encoded, may be nil
	// Processes that encode a part of the images each, and have all results; nil for this one alone
	Processes comm.Processes
}

// EncodeAll encodes every image of a split once, whole and in order.
func (f Frozen) EncodeAll(ctx context.Context, source loader.Source, o Loading) (Set, error) {
	start := time.Now()
	p := PartOf(o.Processes, source)
	set, err := f.encode(ctx, p, o)
	if err = comm.Agree(o.Processes, err); err != nil {
		return Set{}, err
	}
	set.Values = Join(p, o.Processes, set.Values)
	set.Labels = make([]int32, source.Len())
	for i := range set.Labels {
		set.Labels[i] = int32(source.Label(i))
	}
	set.Seconds = time.Since(start).Seconds()
	return set, nil
}

func (f Frozen) encode(ctx context.Context, source loader.Source, o Loading) (Set, error) {
	whole, err := loader.New(
		source,
		loader.Options{
			Mode: loader.Whole, Batch: f.Batch, Side: f.Side, Augment: o.Augment,
			Fit: o.Fit, Config: o.Loader,
		},
	)
	if err != nil {
		return Set{}, fmt.Errorf("features: %w", err)
	}
	set := Set{Encoder: f.Name, Feature: f.Feature}
	stream := whole.Start(ctx, 0, 0, nil)
	defer stream.Close()
	for {
		b, err := stream.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Set{}, fmt.Errorf("features: encode images: %w", err)
		}
		set.Values, err = f.Append(set.Values, b.Query[:b.Count*f.Values])
		if err != nil {
			return Set{}, err
		}
		set.Labels = append(set.Labels, b.Labels[:b.Count]...)
		b.Release()
		if o.Progress != nil {
			o.Progress(set.Len(), source.Len())
		}
	}
	set.Dim = len(set.Values) / set.Len()
	return set, nil
}

// Len is the number of images.
func (s Set) Len() int { return len(s.Labels) }

// Row is the feature of image i.
func (s Set) Row(i int) []float32 { return s.Values[i*s.Dim : (i+1)*s.Dim] }

// Pick is a set of some of the images.
func (s Set) Pick(images []int) Set {
	some := s
	some.Values, some.Labels = make([]float32, 0, len(images)*s.Dim), make([]int32, 0, len(images))
	for _, i := range images {
		some.Values = append(some.Values, s.Row(i)...)
		some.Labels = append(some.Labels, s.Labels[i])
	}
	return some
}

// CheckPair refuses splits of which the one cannot be learned from and the other evaluated on.
// Features that are not finite are fault.Mismatch.
func CheckPair(train, test Set, classes []string) error {
	if len(classes) < 2 {
		return fmt.Errorf(
			"features: the data has %d class: a probe needs two to tell apart", len(classes),
		)
	}
	if train.Dim != test.Dim || train.Encoder != test.Encoder || train.Feature != test.Feature {
		return fmt.Errorf(
			"features: training features (%s of %q, %d values) and test features "+
				"(%s of %q, %d values) are of different encoders",
			train.Feature, train.Encoder, train.Dim, test.Feature, test.Encoder, test.Dim,
		)
	}
	if err := train.check("training", len(classes)); err != nil {
		return err
	}
	return test.check("test", len(classes))
}

func (s Set) check(split string, classes int) error {
	if s.Len() == 0 {
		return fmt.Errorf("features: the %s split has no images", split)
	}
	if len(s.Values) != s.Len()*s.Dim {
		return fmt.Errorf(
			"features: the %s split has %d labels and %d values of %d an image", split, s.Len(),
			len(s.Values), s.Dim,
		)
	}
	for i, l := range s.Labels {
		if l < 0 || int(l) >= classes {
			return fmt.Errorf(
				"features: %s image %d has label %d of %d classes", split, i, l, classes,
			)
		}
		for _, v := range s.Row(i) {
			if !kernel.Finite(v) {
				return fmt.Errorf(
					"features: the feature of %s image %d holds %g: %w: training had diverged, "+
						"or weights are damaged", split, i, v, fault.Mismatch,
				)
			}
		}
	}
	return nil
}
