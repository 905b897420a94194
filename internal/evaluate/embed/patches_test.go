package embed

import (
	"bytes"
	"context"
	"math"
	"os"
	"strings"
	"testing"

	"cmae/internal/evaluate/encoder"
)

// TestPatches: the mean of an image's patches is its feature mean.
func TestPatches(t *testing.T) {
	o := options(t, "patches.npy")
	table := func(patches bool) *Table {
		e, err := encoder.Open(encoder.Options{Config: &o.Config, Patches: patches})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		got, _, err := o.Collect(context.Background(), e)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	images, patches := table(false), table(true)
	const n, d = 4, 8
	if patches.Patches != n || patches.Dim != n*d || len(patches.Paths) != len(images.Paths) {
		t.Fatalf("%d patches, %d values", patches.Patches, patches.Dim)
	}
	for i := range images.Paths {
		row := patches.Row(i)
		for j, want := range images.Row(i) {
			mean := (row[j] + row[d+j] + row[2*d+j] + row[3*d+j]) / n
			if math.Abs(float64(mean-want)) > 1e-5 {
				t.Fatalf("image %d: the mean of the patches is %v, not %v", i, mean, want)
			}
		}
	}
	o.Patches = true
	if s := mustRun(t, o); s.Patches != n || s.Dim != d {
		t.Errorf("summary %+v", s)
	}
	file, err := os.ReadFile(o.Out)
	if err != nil || !bytes.Contains(file[:128], []byte("'shape': (24, 4, 8)")) {
		t.Errorf("%v: header %q", err, file[:128])
	}
	o.Out = strings.Replace(o.Out, ".npy", ".csv", 1)
	if _, err := o.run(); err == nil || !strings.Contains(err.Error(), ".safetensors") {
		t.Errorf("patches in a table: %v", err)
	}
}
