package finetune

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/dataset"
	"cmae/internal/fault"
	"cmae/internal/rundir"
)

// TestResumeRefusesOtherImages: an image more or less in either split is another run, and so is a
// class of another name.
func TestResumeRefusesOtherImages(t *testing.T) {
	c := tiny(t, 2)
	c.Train.Epochs = 2
	run := filepath.Join(t.TempDir(), "run")
	tune(t, Options{Config: c, Run: run})
	resume := Options{Config: c, Run: run, Resume: rundir.ResumeLast}
	tune(t, resume)
	for _, change := range []struct{ from, to, split string }{
		{"train/class0/3.png", "train/class0/gone", "train"},
		{"val/class1/2.png", "val/class1/gone", "test"},
		{"train/class1/3.png", "train/class1/4a.png", "train"},
	} {
		from, to := filepath.Join(c.Data.Path, change.from), filepath.Join(c.Data.Path, change.to)
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
		_, err := Run(context.Background(), resume)
		if !errors.Is(err, fault.Usage) ||
			!strings.Contains(err.Error(), "images of the "+change.split+" split") {
			t.Errorf("%s renamed to %s: %v", change.from, change.to, err)
		}
		if err := os.Rename(to, from); err != nil {
			t.Fatal(err)
		}
	}
	tune(t, resume)
}

// TestBadFilesAreListed: a run that goes on without images says which in its folder.
func TestBadFilesAreListed(t *testing.T) {
	c := tiny(t, 2)
	c.Train.Epochs, c.Data.OnError, c.Data.BadBudget = 2, dataset.Skip, .5
	if err := os.WriteFile(
		filepath.Join(c.Data.Path, "train", "class0", "3.png"), []byte("no image"), 0o644,
	); err != nil {
		t.Fatal(err)
	}
	run := filepath.Join(t.TempDir(), "run")
	tune(t, Options{Config: c, Run: run})
	text, err := os.ReadFile(filepath.Join(run, "bad_files.jsonl"))
	var bad dataset.BadFile
	if err == nil {
		err = json.Unmarshal(text, &bad)
	}
	if err != nil || bad.Path != "train/class0/3.png" || bad.Reason == "" {
		t.Errorf("%v: %s", err, text)
	}
}
