package dataset

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestVerify(t *testing.T) {
	dir := smallFolder(t, 3)
	write(t, dir, map[string][]byte{
		"val/dog/again.png":   gray8(2), // train/cat/001.png
		"train/dog/again.png": gray8(0), // train/cat/000.png in another class
		"train/cat/copy.png":  gray8(0), // the same in its own class is harmless
		"train/cat/bad.png":   []byte("x"),
		"val/cat/bad.png":     nil,
	})
	c := configFor(t, dir)
	c.Limit, c.ImageSize = 2, 1 // neither hides anything
	calls := 0
	report, err := Verify(context.Background(), c, func(int, int) { calls++ })
	if err != nil {
		t.Fatal(err)
	}
	want := Report{
		Format: ImageFolder, Path: dir,
		Splits: []SplitReport{
			{
				Name: "train", Images: 8, PerClass: map[string]int{"cat": 4, "dog": 4}, Bad: 1,
				SmallestSide: 8, LargestSide: 8, Bands: map[int]int{3: 8},
			},
			{
				Name: "val", Images: 3, PerClass: map[string]int{"cat": 1, "dog": 2}, Bad: 1,
				SmallestSide: 8, LargestSide: 8, Bands: map[int]int{3: 3},
			},
		},
		Bad: []BadFile{
			{Path: "train/cat/bad.png", Reason: "not a readable image: image: unknown format"},
			{Path: "val/cat/bad.png", Reason: "empty file"},
		},
		Duplicates: []Twins{{"train/cat/001.png", "val/dog/again.png"}},
		Conflicts:  []Twins{{"train/cat/000.png", "train/dog/again.png"}},
		Notes: []string{
			"train: left out 1 file that cannot be used (not a readable image: 1)",
			"val: left out 1 file that cannot be used (empty file: 1)",
		},
	}
	if diff := cmp.Diff(want, report); diff != "" {
		t.Error(diff)
	}
	if calls != 13 {
		t.Errorf("%d progress calls, want one a file", calls)
	}
	text, err := json.Marshal(report)
	var back Report
	if err != nil || json.Unmarshal(text, &back) != nil || cmp.Diff(report, back) != "" {
		t.Errorf("as JSON: %s, %v", text, err)
	}
}
