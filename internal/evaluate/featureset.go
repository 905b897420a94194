package evaluate

import (
	"context"
	"fmt"
	"io"
	"time"

	"cmae/internal/dataset/augment"
	"cmae/internal/dataset/loader"
	"cmae/internal/recipe"
	"cmae/internal/rundir/checkpoint"
)

// FeatureSet is a split as an encoder sees it.
type FeatureSet struct {
	Encoder string // its name
	Feature recipe.Feature
	Dim     int       // D
	Values  []float32 // [n,D]
	Labels  []int32   // [n], 0 to C-1
	Seconds float64   // that encoding took
}

// DataOptions say how images reach the encoder.
type DataOptions struct {
	Augment  augment.Config        // normalisation; crop and flip of the augmented protocol
	Loader   loader.Config         //
	Progress func(done, total int) // images encoded, may be nil
}

// Features encodes every image of a split once, whole and in order.
func Features(
	ctx context.Context, e Encoder, source loader.Source, o DataOptions,
) (FeatureSet, error) {
	start := time.Now()
	whole, err := loader.New(
		source,
		loader.Options{
			Mode: loader.Whole, Batch: e.Batch, Side: e.Side, Augment: o.Augment, Config: o.Loader,
		},
	)
	if err != nil {
		return FeatureSet{}, fmt.Errorf("evaluate: %w", err)
	}
	set := FeatureSet{Encoder: e.Name, Feature: e.Feature}
	stream := whole.Start(ctx, 0, 0, nil)
	defer stream.Close()
	for {
		b, err := stream.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return FeatureSet{}, fmt.Errorf("evaluate: encode images: %w", err)
		}
		if set.Values, err = e.encodeAll(
			set.Values, b.Query[:b.Count*3*e.Side*e.Side],
		); err != nil {
			return FeatureSet{}, err
		}
		set.Labels = append(set.Labels, b.Labels[:b.Count]...)
		b.Release()
		if o.Progress != nil {
			o.Progress(set.Len(), source.Len())
		}
	}
	set.Dim = len(set.Values) / set.Len()
	set.Seconds = time.Since(start).Seconds()
	return set, nil
}

// Len is the number of images.
func (s FeatureSet) Len() int { return len(s.Labels) }

// row is the feature of image i.
func (s FeatureSet) row(i int) []float32 { return s.Values[i*s.Dim : (i+1)*s.Dim] }

// checkPair reports what makes two splits unfit to learn from the one and be judged on the other.
func checkPair(train, test FeatureSet, classes []string) error {
	if len(classes) < 2 {
		return fmt.Errorf(
			"evaluate: the data has %d class: a probe needs two to tell apart", len(classes),
		)
	}
	if train.Dim != test.Dim || train.Encoder != test.Encoder || train.Feature != test.Feature {
		return fmt.Errorf("evaluate: training features (%s of %q, %d values) and test features (%s of %q, %d values) are of different encoders",
			train.Feature, train.Encoder, train.Dim, test.Feature, test.Encoder, test.Dim)
	}
	if err := train.check("training", len(classes)); err != nil {
		return err
	}
	return test.check("test", len(classes))
}

func (s FeatureSet) check(split string, classes int) error {
	if s.Len() == 0 {
		return fmt.Errorf("evaluate: the %s split has no images", split)
	}
	if len(s.Values) != s.Len()*s.Dim {
		return fmt.Errorf(
			"evaluate: the %s split has %d labels and %d values of %d an image", split, s.Len(),
			len(s.Values), s.Dim,
		)
	}
	for i, l := range s.Labels {
		if l < 0 || int(l) >= classes {
			return fmt.Errorf(
				"evaluate: %s image %d has label %d of %d classes", split, i, l, classes,
			)
		}
		for _, v := range s.row(i) {
			if v-v != 0 {
				return fmt.Errorf(
					"evaluate: the feature of %s image %d holds %g: %w: training had diverged, or weights are damaged",
					split, i, v, checkpoint.ErrMismatch,
				)
			}
		}
	}
	return nil
}
