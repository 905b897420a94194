package dataset

import (
	"bytes"
	"math"
	"testing"

	"go.yaml.in/yaml/v3"

	"cmae/internal/config"
)

func TestConfig(t *testing.T) {
	cases := []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.Format = "imagnet" }, "tiny-imagenet, folder"},
		{func(c *Config) { c.Format = IDX }, "data.path"},
		{func(c *Config) { c.Format, c.Path = FashionMNISTMini, "x" }, "embedded"},
		{func(c *Config) { c.OnError = "ignore" }, "fail, skip, replace"},
		{func(c *Config) { c.Limit = -1 }, "data.limit"},
		{func(c *Config) { c.BadBudget = math.NaN() }, "data.bad_budget"},
		{func(c *Config) { c.MaxPixels = 0 }, "data.max_pixels"},
	}
	for i, c := range cases {
		changed := Default()
		c.change(&changed)
		if err := config.Check("data", changed); err == nil ||
			!bytes.Contains([]byte(err.Error()), []byte(c.want)) {
			t.Errorf("case %d: error %v lacks %q", i, err, c.want)
		}
	}
	if err := config.Check("data", Default()); err != nil {
		t.Error(err)
	}
	var colour Colour
	if err := colour.UnmarshalText([]byte("#0a14ff")); err != nil ||
		colour != (Colour{10, 20, 255}) {
		t.Errorf("%v, %v", colour, err)
	}
	if text, _ := colour.MarshalText(); string(text) != "#0a14ff" {
		t.Errorf("written as %s", text)
	}
	for _, text := range []string{"{background: [10, 20, 255]}", "{background: '#0a14ff'}"} {
		read := Default()
		if err := yaml.Unmarshal([]byte(text), &read); err != nil ||
			read.Background != (Colour{10, 20, 255}) {
			t.Errorf("%s: %v, %v", text, read.Background, err)
		}
	}
	for _, bad := range []string{"", "red", "#fff", "0a14ff", "#0a14fg"} {
		if colour.UnmarshalText([]byte(bad)) == nil {
			t.Errorf("accepted %q", bad)
		}
	}
}
