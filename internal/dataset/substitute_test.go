package dataset

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestReplace: bad training files are replaced by sound images of their class, chosen by the seed,
// in their places; whatever the workers, decoded or from the cache. Test images are left out.
func TestReplace(t *testing.T) {
	dir := write(t, smallFolder(t, 20), map[string][]byte{
		"train/cat/001.png": nil, "train/cat/002.png": []byte("x"), "train/dog/007.png": gray8(1)[:40],
		"val/cat/bad.png": nil,
	})
	c := configFor(t, dir)
	c.OnError, c.BadBudget = Replace, .5
	want := mustOpen(t, c)
	for _, workers := range []int{1, 3, 1} { // made anew, and from the cache
		if c.Workers = workers; workers == 3 {
			c.CacheDir = t.TempDir()
		}
		data := mustOpen(t, c)
		if data.Train.Digest() != want.Train.Digest() {
			t.Errorf("%d workers: other images", workers)
		}
		if counts := data.Train.Counts(); !slices.Equal(counts, []int{20, 20}) || data.Test.Len() != 2 {
			t.Errorf("%v training images of each class, %d test images", counts, data.Test.Len())
		}
	}
	train, bad := want.Train, want.Report.Bad
	if len(bad) != 4 || bad[3].Path != "val/cat/bad.png" || bad[3].Substitute != "" {
		t.Fatalf("bad %+v", bad)
	}
	broken := []string{bad[0].Path, bad[1].Path, bad[2].Path}
	for i, at := range []int{1, 2, 27} {
		name := train.Name(at)
		if name != bad[i].Substitute || filepath.Dir(name) != filepath.Dir(bad[i].Path) ||
			slices.Contains(broken, name) {
			t.Errorf("%s in place of %+v", name, bad[i])
		}
		if original := slices.Index(names(train), name); !slices.Equal(
			train.Image(at).Pix, train.Image(original).Pix,
		) || train.Label(at) != train.Label(original) {
			t.Errorf("%s is not what stands at %d", name, at)
		}
	}
	if train.Name(3) != "train/cat/003.png" {
		t.Errorf("the next image is %s", train.Name(3))
	}
	if w := strings.Join(want.Report.Warnings, "\n"); !strings.Contains(w, "in place of 3") {
		t.Errorf("warnings %s", w)
	}
	seeds := map[string]bool{}
	for seed := range uint64(4) {
		data, err := Open(context.Background(), c, seed, nil)
		if err != nil {
			t.Fatal(err)
		}
		seeds[data.Report.Bad[0].Substitute] = true
	}
	if len(seeds) == 1 {
		t.Error("every seed chooses the same image")
	}
	c.BadBudget = .05
	_, err := Open(context.Background(), c, 1, nil)
	wantFault(t, err, "more than 2 bad files", "data.bad_budget")
}

// TestReplaceNeedsOneSoundImage: a class without any is refused; images without labels are replaced
// by any.
func TestReplaceNeedsOneSoundImage(t *testing.T) {
	c := configFor(t, write(t, t.TempDir(), map[string][]byte{
		"train/a/1.png": nil, "train/a/2.png": nil, "train/b/1.png": gray8(1), "val/b/1.png": gray8(2),
	}))
	c.OnError, c.BadBudget = Replace, 1
	_, err := Open(context.Background(), c, 1, nil)
	wantFault(t, err, `class "a" of its train split has no usable image`)
	c = configFor(t, write(t, t.TempDir(), map[string][]byte{
		"1.png": gray8(1), "x/2.png": nil, "y/3.png": gray8(3),
	}))
	c.OnError, c.BadBudget = Replace, 1
	if data := mustOpen(t, c); data.Train.Len() != 3 || data.Report.Bad[0].Substitute == "" {
		t.Errorf("%d images, %+v", data.Train.Len(), data.Report.Bad)
	}
}
