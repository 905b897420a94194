package config

import "testing"

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
