package dataset

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLeftOut: files that are no images by their names are named by verify, and counted when
// training.
func TestLeftOut(t *testing.T) {
	c := configFor(t, write(t, t.TempDir(), map[string][]byte{
		"a.JPG": gray8(1), "b.jfif": gray8(2), "c.jpe": gray8(3),
		"d.pgm": []byte("P5 1 1 255\n\x07"),
		"e":     gray8(4), "f.ico": []byte("icon"), "g.txt": []byte("text"), "h.dat": gray8(5),
		".hidden": []byte("junk"),
	}))
	report, err := Verify(context.Background(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []LeftOut{
		{"e", noExtension + ", but its content is png: give it an extension such as .png"},
		{"f.ico", noImagesName}, {"g.txt", noImagesName},
		{"h.dat", noImagesName + ", but its content is png: give it an extension such as .png"},
	}
	if diff := cmp.Diff(want, report.Splits[0].LeftOut); diff != "" {
		t.Error(diff)
	}
	count := "train: left out 4 files, no images by the name " +
		"(.dat: 1, .ico: 1, .txt: 1, without extension: 1)"
	if !slices.Contains(report.Notes, count) {
		t.Errorf("notes %q", report.Notes)
	}
	for range 2 { // from the files, then from the cache
		data := mustOpen(t, c)
		if data.Train.Len() != 4 || data.Report.Splits[0].Ignored != 4 ||
			!strings.HasPrefix(strings.Join(data.Report.Warnings, "\n"), count) {
			t.Errorf("%d images, %+v", data.Train.Len(), data.Report)
		}
	}
}

// TestBadAreCounted: training tells how many files could not be used, by reason, from the cache as
// well.
func TestBadAreCounted(t *testing.T) {
	dir := smallFolder(t, 3)
	write(t, dir, map[string][]byte{
		"train/cat/x.png": []byte("<html>"), "train/cat/y.png": nil,
		"train/dog/z.png": []byte("<html>"),
	})
	c := configFor(t, dir)
	c.OnError, c.BadBudget = Skip, 1
	for range 2 {
		warnings := mustOpen(t, c).Report.Warnings
		want := "train: left out 3 files that cannot be used " +
			"(not a readable image: 2, empty file: 1)"
		if !slices.Equal(warnings, []string{want}) {
			t.Errorf("warnings %q", warnings)
		}
	}
}
