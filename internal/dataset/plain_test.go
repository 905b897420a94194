package dataset

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cmae/internal/fault"
)

// TestOpenFiles: files by any name and folders at any depth, in the order given; named links may
// leave their folder; bad ones are named.
func TestOpenFiles(t *testing.T) {
	dir := write(t, t.TempDir(), map[string][]byte{
		"b/z.png": gray8(1), "b/deep/a.png": gray8(2), "b/note.txt": nil, "photo": gray8(3), "bad.png": []byte("<html>"),
	})
	if err := errors.Join(
		os.Mkdir(filepath.Join(dir, "empty"), 0o755),
		os.Symlink(filepath.Join(dir, "photo"), filepath.Join(dir, "b", "link.jpg")),
	); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	c := Default()
	c.OnError, c.BadBudget = Skip, 1
	images, err := OpenFiles(c, nil, "photo", "b/link.jpg", "bad.png", "b/deep")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	bad, err := images.Each(
		context.Background(),
		func(name string, img Image) error { names = append(names, name); return nil },
	)
	if err != nil || images.Len() != 4 ||
		!slices.Equal(names, []string{"photo", "b/link.jpg", "b/deep/a.png"}) {
		t.Errorf("%v: %q of %d", err, names, images.Len())
	}
	if len(bad) != 1 || bad[0].Path != "bad.png" ||
		!strings.Contains(bad[0].Reason, "not a readable image") {
		t.Errorf("bad files: %+v", bad)
	}
	// the link in a folder leaves it: bad, not absent
	if images, err = OpenFiles(c, nil, "b"); err != nil || images.Len() != 3 {
		t.Fatalf("%v, %d images", err, images.Len())
	}
	if bad, err = images.Each(
		context.Background(), func(string, Image) error { return nil },
	); err != nil || len(bad) != 1 || !strings.Contains(bad[0].Reason, "leaves the data folder") {
		t.Errorf("%v, %+v", err, bad)
	}
	for _, path := range []string{"nowhere.png", "empty"} {
		if _, err := OpenFiles(c, nil, path); !errors.Is(err, fault.Data) ||
			!strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v", path, err)
		}
	}
}
