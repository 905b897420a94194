package evaluate

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"cmae/internal/atomicfile"
	"cmae/internal/dataset"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
)

// Subject is what an evaluation kept in a run's folder was of.
type Subject string

// The subjects: the run's encoder, with its classifier where it was finetuned, and what it has to
// beat.
const (
	Trained Subject = "trained"
	Random  Subject = "random"
	Pixels  Subject = "pixels"
)

// Subjects are all of them, in the order of a table.
func Subjects() []Subject { return []Subject{Trained, Random, Pixels} }

// Kept is a result in a run's folder, a file of evaluations/ for each method and subject.
type Kept struct {
	Result
	Matrix  [][]int   `json:"confusion,omitempty"` // Result's
	Titles  []string  `json:"titles,omitempty"`    // what people call the classes
	Subject Subject   `json:"subject"`
	Step    int       `json:"step,omitempty"` // that the trained encoder was at
	On      *Basis    `json:"on,omitempty"`   // nil in results of earlier versions
	When    time.Time `json:"when"`
}

// Basis is the images that a result was measured on.
type Basis struct {
	Data  string `json:"data"`  // what they are called
	Train string `json:"train"` // their digests
	Test  string `json:"test"`
	Side  int    `json:"image_size"`
}

// DataName is what the images of these settings are called.
func DataName(c dataset.Config) string {
	if c.Path != "" {
		return rundir.Name(c.Path)
	}
	return c.Format.Title()
}

// BasisOf is open images of a side.
func BasisOf(c dataset.Config, data *dataset.Data, side int) *Basis {
	b := &Basis{Data: DataName(c), Train: data.Train.Digest(), Side: side}
	if data.Test != nil {
		b.Test = data.Test.Digest()
	}
	return b
}

// same reports whether two are the same images, wherever they lie and whatever they are called.
func (b Basis) same(other Basis) bool {
	return b.Train == other.Train && b.Test == other.Test && b.Side == other.Side
}

// Comparable reports whether two results differ in nothing but what was evaluated: not in the
// images, nor in how kNN or a probe went about it. Those of earlier versions do not tell.
func (k Kept) Comparable(other Kept) bool {
	if k.Method != other.Method || k.On != nil && other.On != nil && !k.On.same(*other.On) {
		return false
	}
	if a, b := k.KNN, other.KNN; a != nil && b != nil && *a != *b {
		return false
	}
	a, b := k.Probe, other.Probe
	return a == nil || b == nil || a.Epochs == b.Epochs && a.BatchSize == b.BatchSize &&
		a.Protocol == b.Protocol
}

// Keep writes a result to a run's folder, in place of an earlier one of its method and subject.
func Keep(run string, k Kept) error {
	k.Matrix, k.When = k.Confusion, time.Now().UTC().Truncate(time.Second)
	if last, ok := checkpoint.Within(run); ok && k.Subject == Trained {
		m, err := checkpoint.ReadManifest(last)
		if err != nil {
			return err
		}
		k.Step = m.Step
	}
	path := keptFile(run, k.Method, k.Subject)
	called := func(title string, c ClassScore) bool { return title == c.Class }
	if slices.EqualFunc(k.Titles, k.PerClass, called) {
		k.Titles = nil
	}
	text, err := json.Marshal(k)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o755)
	}
	if err == nil {
		err = atomicfile.Write(path, append(text, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("evaluate: keep result: %w", err)
	}
	return nil
}

// Title is what people call a class.
func (k Kept) Title(class int) string {
	if len(k.Titles) > 0 {
		return k.Titles[class]
	}
	return k.PerClass[class].Class
}

func keptFile(run string, method Method, s Subject) string {
	return filepath.Join(run, rundir.Evaluations, string(method)+"-"+string(s)+".json")
}

// AllKept are the results in a run's folder, by method and then by subject.
func AllKept(run string) (all []Kept, err error) {
	for _, method := range methods {
		for _, s := range Subjects() {
			path := keptFile(run, method, s)
			text, err := rundir.ReadFile(path)
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			var k Kept
			if err == nil {
				err = json.Unmarshal(text, &k)
			}
			if err != nil {
				return nil, fmt.Errorf(
					"evaluate: read %q: %w; delete it and evaluate again", path, err,
				)
			}
			k.Confusion = k.Matrix
			all = append(all, k)
		}
	}
	return all, nil
}
