package main

import (
	"reflect"
	"testing"

	"cmae/internal/dataset"
	"cmae/internal/method"
)

// TestDemoConfig: the demo trains what configs/demo.yaml says, and other images where they are
// named.
func TestDemoConfig(t *testing.T) {
	a := &app{}
	c, err := a.demoConfig(&settingsFlags{})
	if err != nil {
		t.Fatal(err)
	}
	file := settingsFlags{file: "../../configs/demo.yaml"}
	if want, err := file.load(a, method.Default()); err != nil || !reflect.DeepEqual(c, want) {
		t.Errorf("the demo's settings are %v, the file's %v (%v)", c, want, err)
	}
	named := settingsFlags{set: []string{"data.path=" + t.TempDir()}}
	if c, err = a.demoConfig(&named); err != nil || c.Data.Format != dataset.Auto {
		t.Errorf("a folder is read as %s (%v)", c.Data.Format, err)
	}
}
