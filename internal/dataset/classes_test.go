package dataset

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoClassVanishes: a class that cannot be read is said, never left out in silence.
func TestNoClassVanishes(t *testing.T) {
	outside := write(t, t.TempDir(), map[string][]byte{"1.png": gray8(1)})
	good := map[string][]byte{
		"train/a/1.png": gray8(1), "train/b/1.png": gray8(2), "val/a/1.png": gray8(3),
		"val/b/1.png": gray8(4),
	}

	linked := write(t, t.TempDir(), good)
	if err := os.Symlink(outside, filepath.Join(linked, "train", "c")); err != nil {
		t.Fatal(err)
	}
	inside := configFor(t, linked)
	inside.Links = LinksInside
	_, err := Open(context.Background(), inside, 1, nil)
	wantFault(t, err, filepath.Join("train", "c"), "link that leaves the data folder")

	emptied := write(t, t.TempDir(), good)
	write(t, emptied, map[string][]byte{"train/b/1.png": []byte("no image")})
	c := configFor(t, emptied)
	c.OnError, c.BadBudget = Skip, 1
	_, err = Open(context.Background(), c, 1, nil)
	wantFault(t, err, `class "b" of its train split has no usable image: all 1 are bad`)

	d := mustOpen(t, configFor(t, write(t, t.TempDir(), map[string][]byte{
		"train/a/1.png": gray8(1), "train/b/1.png": gray8(2), "train/c/1.png": gray8(5), "val/a/1.png": gray8(3), "val/b/1.png": gray8(4),
	})))
	if w := strings.Join(d.Report.Warnings, "\n"); !strings.Contains(
		w, "1 of 3 classes have no image in the val split",
	) {
		t.Errorf("warnings: %s", w)
	}
}
