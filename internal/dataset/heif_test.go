package dataset

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/dataset/heif"
)

// TestMain lets the test's own program decode HEIC.
func TestMain(m *testing.M) {
	heif.Main()
	os.Exit(m.Run())
}

// TestLibraryComes: images that were left out for want of libheif are taken in when it is there,
// and stay when it goes again.
func TestLibraryComes(t *testing.T) {
	version, err := heif.Version()
	if err != nil {
		t.Skip(err)
	}
	data, err := os.ReadFile("heif/testdata/420.heic")
	if err != nil {
		t.Fatal(err)
	}
	c := configFor(t, write(t, t.TempDir(), map[string][]byte{"a.heic": data, "b.png": gray8(1)}))
	c.OnError, c.BadBudget = Skip, 1
	missing := filepath.Join(t.TempDir(), "libheif.so")
	t.Setenv(heif.LibraryVariable, missing)
	for round := range 2 {
		without := mustOpen(t, c)
		if without.Train.Len() != 1 || without.Report.Splits[0].CacheHit != (round == 1) ||
			!strings.Contains(without.Report.Bad[0].Reason, "libheif") {
			t.Fatalf("without libheif: %+v", without.Report)
		}
	}
	os.Unsetenv(heif.LibraryVariable)
	with := mustOpen(t, c)
	if with.Train.Len() != 2 || with.Train.Image(0).Width != 70 {
		t.Fatalf("with libheif %s: %+v", version, with.Report)
	}
	t.Setenv(heif.LibraryVariable, missing)
	if again := mustOpen(t, c); again.Train.Digest() != with.Train.Digest() {
		t.Errorf("the images went with the library: %+v", again.Report)
	}
}
