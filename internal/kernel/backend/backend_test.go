package backend

import (
	"errors"
	"strings"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/kernel/onednn"
)

func TestAutoFallsBackAndSaysWhy(t *testing.T) {
	t.Setenv(onednn.LibraryVariable, "/nonexistent/libdnnl.so")
	c, err := Open("auto", "auto", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.Name() != "portable" || c.ComputeType != kernel.F32 || c.Reason == "" {
		t.Errorf("auto without a library: %s, %s, %q", c.Name(), c.ComputeType, c.Reason)
	}
}

func TestANamedEngineIsNeverReplaced(t *testing.T) {
	t.Setenv(onednn.LibraryVariable, "/nonexistent/libdnnl.so")
	c, err := Open("onednn", "f32", 1)
	if err == nil {
		c.Close()
		t.Fatal("onednn opened without its library")
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than one line: %q", err)
	}
}

func TestBF16OnThePortableEngineWarns(t *testing.T) {
	c, err := Open("portable", "bf16", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.ComputeType != kernel.BF16 || len(c.Warnings) != 1 {
		t.Errorf("%s with warnings %q", c.ComputeType, c.Warnings)
	}
}

func TestUnknownNamesListTheChoices(t *testing.T) {
	for _, err := range []error{
		Engines().Check("fast", "f32"), Engines().Check("auto", "f16"),
	} {
		if err == nil || !strings.Contains(err.Error(), "auto, ") {
			t.Errorf("got %v", err)
		}
	}
	if _, err := Open("fast", "f32", 0); err == nil || errors.Is(err, onednn.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}
