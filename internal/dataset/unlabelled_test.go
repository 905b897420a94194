package dataset

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// photos is a folder of images and other files, without labels.
func photos(t *testing.T) string {
	dir := write(t, t.TempDir(), map[string][]byte{
		"b.JPG": gray8(1), "a/2.png": gray8(2), "a/10.png": gray8(3), "c/deep/er/x.gif": gray8(4), "a.png": gray8(5),
		"notes.txt": nil, "c/Thumbs.db": nil, ".hidden.png": gray8(6), ".trash/x.png": gray8(7), "a/._2.png": nil,
	})
	if err := os.Symlink("b.JPG", filepath.Join(dir, "link.jpg")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func names(s *Set) (list []string) {
	for i := range s.Len() {
		list = append(list, s.Name(i))
	}
	return list
}

// TestImagesWithoutLabels: every image at any depth, in an order that neither workers nor the cache
// change, without a class.
func TestImagesWithoutLabels(t *testing.T) {
	c := configFor(t, photos(t))
	want := []string{"a/10.png", "a/2.png", "a.png", "b.JPG", "c/deep/er/x.gif", "link.jpg"}
	var digest string
	for _, format := range []Format{Auto, ImageFiles} {
		for workers := range 3 {
			c.Format, c.Workers = format, 1+workers
			data := mustOpen(t, c)
			s := data.Train
			if data.Test != nil || len(s.Classes()) != 0 || !slices.Equal(names(s), want) {
				t.Fatalf("test %v, classes %q, images %q", data.Test, s.Classes(), names(s))
			}
			if s.Label(5) != 0 || s.Title(5) != "" || firstPixel(s, 5) != [3]uint8{1, 1, 1} {
				t.Errorf("label %d, title %q, pixel %v", s.Label(5), s.Title(5), firstPixel(s, 5))
			}
			if digest == "" {
				digest = s.Digest()
			}
			if again := data.Report.Splits[0].CacheHit; s.Digest() != digest ||
				again != (format != Auto || workers > 0) {
				t.Errorf("%s, %d workers: other bits, or cache hit %t", format, c.Workers, again)
			}
			if side, err := data.Side(); side != 8 || err != nil {
				t.Errorf("side %d, %v", side, err)
			}
		}
	}
	write(t, c.Path, map[string][]byte{"a/3.png": gray8(9)})
	if data := mustOpen(t, c); data.Train.Len() != 7 || data.Report.Splits[0].CacheHit {
		t.Errorf("%d images after one came, %+v", data.Train.Len(), data.Report)
	}
}

func TestVerifyWithoutLabels(t *testing.T) {
	c := configFor(t, photos(t))
	write(t, c.Path, map[string][]byte{"a/bad.png": []byte("<html>")})
	report, err := Verify(context.Background(), c, nil)
	want := Report{
		Format: ImageFiles, Path: c.Path,
		Splits: []SplitReport{
			{
				Name: "train", Images: 6, PerClass: map[string]int{}, Bad: 1, Ignored: 1, LeftOut: []LeftOut{{"notes.txt", noImagesName}},
				SmallestSide: 8, LargestSide: 8, Bands: map[int]int{3: 6},
			},
		},
		Bad: []BadFile{{Path: "a/bad.png", Reason: "not a readable image: image: unknown format"}},
		Notes: []string{
			"train: left out 1 file, no images by the name (.txt: 1)",
			"train: left out 1 file that cannot be used (not a readable image: 1)",
		},
	}
	if diff := cmp.Diff(want, report); err != nil || diff != "" {
		t.Error(err, diff)
	}
	c.OnError, c.BadBudget = Skip, .2
	if data := mustOpen(t, c); data.Train.Len() != 6 || len(data.Report.Bad) != 1 {
		t.Errorf("%+v", data.Report)
	}
}

// TestSubsetsWithoutLabels: limit and hold-out need no classes.
func TestSubsetsWithoutLabels(t *testing.T) {
	c := configFor(t, photos(t))
	c.Limit = 3
	some := mustOpen(t, c)
	if some.Train.Len() != 3 || !slices.Equal(names(some.Train), names(mustOpen(t, c).Train)) {
		t.Errorf("limited to %q", names(some.Train))
	}
	c.Limit, c.Holdout = 0, 2
	data := mustOpen(t, c)
	if all := append(names(data.Train), names(data.Test)...); data.Test.Len() != 2 ||
		len(slices.Compact(slices.Sorted(slices.Values(all)))) != 6 {
		t.Errorf("%q, held out %q", names(data.Train), names(data.Test))
	}
	wantFault(t, data.CheckEvaluation(), "without labels")
}

// TestWithoutEvaluationSplit: what is left is trained on, and only what can be evaluated may.
func TestWithoutEvaluationSplit(t *testing.T) {
	two := map[string][]byte{
		"train/a/1.png": gray8(1), "train/a/2.png": gray8(2), "train/b/1.png": gray8(3),
		"train/b/2.png": gray8(4),
	}
	cases := []struct {
		name    string
		files   map[string][]byte
		holdout int
		format  Format
		train   []string
		test    []string
		fault   string // of CheckEvaluation, empty for none
	}{
		{
			"classes", two, 0, ImageFolder,
			[]string{"train/a/1.png", "train/a/2.png", "train/b/1.png", "train/b/2.png"}, nil,
			"data.holdout",
		},
		{"classes, held out", two, 2, ImageFolder, nil, nil, ""},
		{
			"one class", map[string][]byte{"train/a/1.png": gray8(1), "val/a/1.png": gray8(2)}, 0,
			ImageFolder, []string{"train/a/1.png"}, []string{"val/a/1.png"}, `one class, "a"`,
		},
		{
			"no classes", map[string][]byte{"train/1.png": gray8(1), "train/0.png": gray8(2)}, 0,
			ImageFolder, []string{"train/0.png", "train/1.png"}, nil, "without labels",
		},
		{
			"no classes, a test split",
			map[string][]byte{"train/1.png": gray8(1), "test/2.png": gray8(2)}, 0, ImageFolder,
			[]string{"train/1.png"}, []string{"test/2.png"}, "without labels",
		},
		{
			"tiny",
			map[string][]byte{"wnids.txt": []byte("n01\n"), "train/n01/images/a.JPEG": gray8(1)}, 0,
			TinyImageNet, []string{"train/n01/images/a.JPEG"}, nil, "one class",
		},
		{
			"classes without splits", map[string][]byte{"b/1.png": gray8(1), "a/1.png": gray8(1)},
			0, ClassFolders, []string{"a/1.png", "b/1.png"}, nil, "data.holdout",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			config := configFor(t, write(t, t.TempDir(), c.files))
			config.Holdout = c.holdout
			data := mustOpen(t, config)
			if data.Report.Format != c.format || c.train != nil &&
				!slices.Equal(names(data.Train), c.train) {
				t.Errorf("%s: %q", data.Report.Format, names(data.Train))
			}
			switch {
			case c.holdout > 0:
				if data.Train.Len() != 2 || data.Test.Len() != 2 ||
					data.Test.Label(0) == data.Test.Label(1) {
					t.Errorf("%q, held out %q", names(data.Train), names(data.Test))
				}
			case (data.Test == nil) != (c.test == nil) || c.test != nil &&
				!slices.Equal(names(data.Test), c.test):
				t.Errorf("test %v, want %q", data.Test, c.test)
			}
			if err := data.CheckEvaluation(); c.fault != "" {
				wantFault(t, err, config.Path, c.fault)
			} else if err != nil {
				t.Error(err)
			}
			if report, err := Verify(context.Background(), config, nil); err != nil ||
				len(report.Splits) != len(data.Report.Splits) {
				t.Errorf("%v, %+v", err, report)
			}
		})
	}
}

// TestLooseImages: images beside class folders are told about, not lost in silence.
func TestLooseImages(t *testing.T) {
	dir := smallFolder(t, 1)
	write(t, dir, map[string][]byte{"train/1.png": gray8(1), "train/notes.txt": nil})
	data := mustOpen(t, configFor(t, dir))
	report, err := Verify(context.Background(), configFor(t, dir), nil)
	for _, r := range []Report{data.Report, report} {
		told := strings.Join(append(r.Warnings, r.Notes...), "\n")
		if err != nil || r.Splits[0].Ignored != 1 ||
			!strings.HasPrefix(told, "left out 1 image in "+filepath.Join(dir, "train")) ||
			!strings.Contains(told, "\ntrain: left out 1 file, no images by the name (.txt: 1)") {
			t.Errorf("%v, %+v", err, r)
		}
	}
}
