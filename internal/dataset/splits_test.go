package dataset

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSplits: what people call splits, which one is evaluated on, and what cannot be evaluated on
// but does not stop training.
func TestSplits(t *testing.T) {
	train := map[string]int{"train/a": 2, "train/b": 2}
	with := func(more map[string]int) map[string]int {
		all := map[string]int{}
		for _, part := range []map[string]int{train, more} {
			for dir, n := range part {
				all[dir] = n
			}
		}
		return all
	}
	cases := []struct {
		name   string
		files  map[string]int // images in each folder
		splits string
		told   string // in notes and warnings
		fault  string // of CheckEvaluation
	}{
		{"valid", with(map[string]int{"valid/a": 1, "valid/b": 1}), "train=4 valid=2", "", ""},
		{
			"valid and test",
			with(map[string]int{"valid/a": 1, "test/b": 3}), "train=4 valid=1",
			"evaluation is on the split valid; not used: test", "",
		},
		{
			"capitals", map[string]int{"Train/a": 2, "Train/b": 2, "VAL/a": 1},
			"Train=4 VAL=1", "", "",
		},
		{
			"training and validation",
			map[string]int{"training/a": 2, "training/b": 1, "validation/b": 1, "testing/a": 1},
			"training=3 validation=1", "not used: testing", "",
		},
		{
			"flat test", with(map[string]int{"test": 3}), "train=4",
			"no evaluation: dataset:", "test\": has no class folders, and train has",
		},
		{
			"test of unknown class", with(map[string]int{"test/unknown": 3}), "train=4",
			"no evaluation", "is a class that train does not have",
		},
		{
			"empty val, good test", with(map[string]int{"val/a": 0, "test/a": 1}),
			"train=4 test=1", "val holds no image: it is passed over", "",
		},
		{"empty val", with(map[string]int{"val": 0}), "train=4", "passed over", "data.holdout"},
		{
			"empty class", with(map[string]int{"train/c": 0, "val/c": 0, "val/a": 1}),
			"train=4 val=1", "train: 1 folder without images, no class (c)", "",
		},
		{
			"nested", map[string]int{"train/a/x/y": 2, "train/a": 1, "train/b/z": 2, "val/b/v/w": 1},
			"train=5 val=1", "", "",
		},
		{
			"unlabelled, empty test", map[string]int{"train": 2, "test": 0}, "train=2",
			"passed over", "without labels",
		},
		{"classes alone", map[string]int{"a/2019": 2, "b": 1}, "train=3", "2 folders are taken for classes", "data.holdout"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir, grey := t.TempDir(), uint8(0)
			for folder, n := range c.files {
				if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
					t.Fatal(err)
				}
				for i := range n {
					grey++
					write(t, dir, map[string][]byte{fmt.Sprintf("%s/%d.png", folder, i): gray8(grey)})
				}
			}
			config := configFor(t, dir)
			data := mustOpen(t, config)
			verified, err := Verify(context.Background(), config, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range []Report{data.Report, verified} {
				var splits []string
				for _, s := range r.Splits {
					splits = append(splits, fmt.Sprintf("%s=%d", s.Name, s.Images))
				}
				told := strings.Join(append(r.Notes, r.Warnings...), "\n")
				if strings.Join(splits, " ") != c.splits || !strings.Contains(told, c.told) {
					t.Errorf("splits %q, told %q", splits, told)
				}
			}
			if err := data.CheckEvaluation(); c.fault != "" {
				wantFault(t, err, c.fault)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestNamesOfAnyBytes: accents in either form are one class, and bytes that are no UTF-8 are read.
func TestNamesOfAnyBytes(t *testing.T) {
	dir := write(t, t.TempDir(), map[string][]byte{
		"train/caf\u00e9/1.png": gray8(1), "train/cafe\u0301/2.png": gray8(2),
		"train/dog/caf\xe9.png": gray8(3), "train/dog/caf\xe8.png": gray8(4),
		"val/cafe\u0301/1.png": gray8(5), "train/\xe9t\xe9/new\nline \\ 1.png": gray8(6),
	})
	for range 2 { // from the files, then from the cache
		data := mustOpen(t, configFor(t, dir))
		if got, want := data.Train.Classes(), []string{`\xE9t\xE9`, "café", "dog"}; !slices.Equal(got, want) {
			t.Errorf("classes %q, want %q", got, want)
		}
		want := []string{
			"train/\\xE9t\\xE9/new\nline \\ 1.png", "train/cafe\u0301/2.png", "train/café/1.png",
			`train/dog/caf\xE8.png`, `train/dog/caf\xE9.png`,
		}
		if got := names(data.Train); !slices.Equal(got, want) || data.Test.Label(0) != 1 {
			t.Errorf("%q, label %d", got, data.Test.Label(0))
		}
	}
}

// TestNothingIsLeftOutInSilence: images beside the splits are counted in a run and by verify, and
// the folders are named.
func TestNothingIsLeftOutInSilence(t *testing.T) {
	list := []byte("path,label\n1.png,x\n2.png,y\n")
	few := grays("train/1.png", "train/2.png", "val/1.png", "val/c/2.png", "x.png")
	few["train/labels.csv"] = list
	tested := grays("train/1.png", "train/2.png", "val/1.png", "test/1.png", "test/2.png")
	tested["train/labels.csv"], tested["test/labels.csv"] = list, list
	cases := []struct {
		name  string
		files map[string][]byte
		told  string
		fault string // of CheckEvaluation
	}{
		{
			"classes", grays(
				"train/a/1.png", "train/b/1.png", "val/a/1.png", "x.png", "y.JPG", "extra/deep/1.png",
				"training/a/1.png", "TRAIN/a/1.png", "test/a/1.png", ".hidden/1.png", "extra/notes.txt",
			),
			"left out 5 images beside the splits (the folder itself: 2, TRAIN: 1, extra: 1, " +
				"training: 1); to train on them", "",
		},
		{
			"no labels", grays("train/1.png", "train/2.png", "unlabeled/1.png", "test/1.png"),
			"left out 1 image beside the splits (unlabeled: 1)", "without labels",
		},
		{
			"not used beside a split without labels",
			grays("train/a/1.png", "train/b/1.png", "val/1.png", "test/a/1.png"),
			"evaluation is on the split val; not used: test", "val\": has no class folders",
		},
		{
			"a split without list", few,
			"left out 3 images beside the splits (val: 2, the folder itself: 1)",
			"val\": has no labels.csv",
		},
		{
			"a split without list beside one with", tested,
			"left out 1 image beside the splits (val: 1)", "",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			config := configFor(t, write(t, t.TempDir(), c.files))
			data := mustOpen(t, config)
			verified, err := Verify(t.Context(), config, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range []Report{data.Report, verified} {
				told := strings.Join(append(r.Notes, r.Warnings...), "\n")
				if strings.Count(told, c.told) != 1 {
					t.Errorf("told %q", told)
				}
			}
			if err := data.CheckEvaluation(); c.fault != "" {
				wantFault(t, err, c.fault)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestLinksBesideSplits: they are not followed, so that one to everything costs nothing, and noted.
func TestLinksBesideSplits(t *testing.T) {
	dir := smallFolder(t, 2)
	for link, to := range map[string]string{
		"all": "/", "latest": "/nowhere/at/all", "README": os.Args[0], "LICENSE": "train/cat/000.png",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	report, err := Verify(t.Context(), configFor(t, dir), nil)
	want := []LeftOut{
		{"README", leadsOut}, {"all", besideSplit}, {"latest", leadsNowhere},
	}
	if err != nil || !slices.Equal(report.Splits[0].LeftOut, want) || len(report.Warnings) > 0 {
		t.Errorf("%v, %+v", err, report)
	}
}

// TestSplitsThatAreLinks: what a split reads through a link inside the data folder is not beside
// the splits; what lies beside it there is.
func TestSplitsThatAreLinks(t *testing.T) {
	dir := write(t, t.TempDir(), map[string][]byte{
		"pool/cat/a.png": gray8(1), "pool/cat/b.png": gray8(2), "pool/dog/a.png": gray8(3),
		"pool/cow/a.png": gray8(4), "pool/bird/a.png": gray8(7), "real/cat/c.png": gray8(5), "real/dog/c.png": gray8(6),
	})
	for link, to := range map[string]string{
		"train/cat": "../pool/cat", "train/dog": filepath.Join(dir, "pool/dog"), "val": "real",
		"train/bird/a.png": "../../pool/bird/a.png",
	} {
		at := filepath.Join(dir, link)
		if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o755), os.Symlink(to, at)); err != nil {
			t.Fatal(err)
		}
	}
	report, err := Verify(t.Context(), configFor(t, dir), nil)
	if err != nil || len(report.Warnings) != 1 ||
		!strings.Contains(report.Warnings[0], "left out 1 image beside the splits (pool: 1)") {
		t.Errorf("%v, %q", err, report.Warnings)
	}
}
