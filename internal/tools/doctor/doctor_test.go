package doctor

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/kernel/backend"
	"cmae/internal/kernel/onednn"
	"cmae/internal/kernel/portable"
)

func find(t *testing.T, r *Report, name string) Finding {
	t.Helper()
	for _, f := range r.Findings {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("no finding %q in %+v", name, r.Findings)
	return Finding{}
}

func TestExamine(t *testing.T) {
	t.Setenv(onednn.LibraryVariable, filepath.Join(t.TempDir(), "none.so"))
	r, err := Examine(t.Context(), t.TempDir(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		if f.Found == "" || f.Verdict != OK && f.Remedy == "" {
			t.Errorf("%+v says nothing, or no remedy", f)
		}
	}
	if f := find(t, r, "onednn"); f.Verdict != Missing {
		t.Errorf("a library that is not there: %+v", f)
	}
	if f := find(t, r, "auto"); r.Engine != "portable" || f.Verdict != Slow {
		t.Errorf("auto without a library: %s, %+v", r.Engine, f)
	}
	if len(r.Rates) < 2 || !(r.Rates[0].GFLOPS > 0) || !(r.Bandwidth > 0) || r.Cores < 1 {
		t.Errorf("not measured: %+v", r)
	}
	if f := find(t, r, "cache"); f.Verdict == Missing {
		t.Errorf("a folder that can be written: %+v", f)
	}
}

// TestEveryEngineOfATableIsExamined: also one that only another table has, and one that does not
// open.
func TestEveryEngineOfATableIsExamined(t *testing.T) {
	toy, broken := portable.Backend(), portable.Backend()
	toy.Name, broken.Name = "toy", "broken"
	toy.Open = func(o kernel.Options) (*kernel.Opened, error) {
		return &kernel.Opened{Core: portable.New(1), Library: "toys 1.0", Replicas: 1}, nil
	}
	broken.Open = func(kernel.Options) (*kernel.Opened, error) {
		return nil, errors.New("broken: no spring; wind it up")
	}
	r, table := &Report{}, backend.Table{toy, broken}
	r.engines(t.Context(), table, 1)
	if err := r.auto(table, 1); err != nil {
		t.Fatal(err)
	}
	if f := find(t, r, "toy"); !strings.HasPrefix(f.Found, "toys 1.0: ") || f.Verdict != OK {
		t.Errorf("%+v", f)
	}
	if f := find(t, r, "toy bf16"); f.Verdict != OK {
		t.Errorf("%+v", f)
	}
	if f := find(t, r, "broken"); f.Verdict != Missing || f.Remedy != "wind it up" {
		t.Errorf("%+v", f)
	}
	if r.Library != "toys 1.0" || r.Bandwidth == 0 {
		t.Errorf("%+v", r)
	}
	if f := find(t, r, "auto"); f.Verdict != OK {
		t.Errorf("%+v", f)
	}
}

func TestCacheThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	r := &Report{}
	r.cache(filepath.Join(file, "below"))
	if f := find(t, r, "cache"); f.Verdict != Missing || f.Remedy == "" {
		t.Errorf("got %+v", f)
	}
}
