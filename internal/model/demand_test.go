package model

import (
	"strings"
	"testing"
)

// TestDemand: what no machine holds is refused before it is built, in the name of the setting
// behind it; published recipes are far from that.
func TestDemand(t *testing.T) {
	large := valid()
	large.Side, large.Encoder = 224, EncoderConfig{Size: "large", PatchSize: 16, MLPRatio: 4}
	large.Encoder = large.Encoder.Resolved()
	if err := large.Demand(4096, true).Check(MostBytes); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		want   string
		batch  int
		change func(c *Config)
	}{
		{"train.batch_size: with 1048576 at least ", 1 << 20, func(c *Config) { c.Side = 256 }},
		{"data.image_size: with 1024 at least ", 1024, func(c *Config) { c.Side = 1024 }},
		{
			"model.dim: with 65536 at least ", 128,
			func(c *Config) { c.Encoder.Dim, c.Encoder.Depth = 65536, 24 },
		},
		{
			"decoder.dim: with 65536 at least ", 128,
			func(c *Config) { c.Decoder.Dim, c.Decoder.Depth = 65536, 12 },
		},
		{
			"contrast.queue_size: with 16777216 at least ", 128,
			func(c *Config) { c.Contrast.QueueSize, c.Contrast.Out = 1<<24, 1<<16 },
		},
		{
			"contrast.layers: with 256 at least ", 128,
			func(c *Config) { c.Contrast.Hidden, c.Contrast.Layers = 1<<16, 256 },
		},
	} {
		v := valid()
		v.Encoder = v.Encoder.Resolved()
		c.change(&v)
		if err := v.Demand(c.batch, true).Check(MostBytes); err == nil ||
			!strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v", c.want, err)
		}
	}
}
