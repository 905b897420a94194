package config

import (
	"path/filepath"
	"testing"
)

// TestHome: ~ is the home at the beginning of a path, and nowhere else.
func TestHome(t *testing.T) {
	t.Setenv("HOME", "/home/me")
	for given, want := range map[string]string{
		"": "", "imgs": "imgs", "~": "/home/me", "~/imgs": "/home/me/imgs", "~odd": "~odd",
		"a/~/b": "a/~/b",
	} {
		var c struct {
			Data struct {
				Path string `yaml:"path" doc:"folder" path:"home"`
			} `yaml:"data" doc:"images"`
		}
		if err := Load(&c, Source{Set: []string{"data.path=" + given}}); err != nil ||
			c.Data.Path != want {
			t.Errorf("%q: %q, %v, want %q", given, c.Data.Path, err, want)
		}
	}
}

// TestAnywhere: paths from the working folder on become whole; others, and empty ones, stay.
func TestAnywhere(t *testing.T) {
	type settings struct {
		In struct {
			Path   string `yaml:"path" doc:"folder" path:"working"`
			Empty  string `yaml:"empty" doc:"folder" path:"working"`
			Labels string `yaml:"labels" doc:"list" path:"home"`
		} `yaml:"in" doc:"images"`
	}
	var c settings
	c.In.Path, c.In.Labels = "images", "list.csv"
	got := Anywhere(c)
	want := c
	var err error
	if want.In.Path, err = filepath.Abs("images"); err != nil || got != want || got == c {
		t.Errorf("%+v, want %+v, %v", got, want, err)
	}
}
