package doctor

import (
	"fmt"
	"strings"

	"cmae/internal/kernel"
	"cmae/internal/kernel/backend"
	"cmae/internal/kernel/onednn"
	"cmae/internal/tools/bench"
)

// slowBandwidth is what a single core of any server of the last ten years exceeds, in GB/s.
const slowBandwidth = 5

// engines measures every engine that opens.
func (r *Report) engines(threads int) {
	for _, name := range backend.Names {
		if name == "auto" {
			continue
		}
		c, err := backend.Open(name, "bf16", threads)
		if err != nil {
			found, remedy, _ := strings.Cut(err.Error(), "; ")
			r.add(name, found, Missing, remedy)
			continue
		}
		r.measure(name, c)
		c.Close() // a failure to stop is no finding: the process is about to end
	}
}

// measure times products in both precisions, and memory with the portable engine.
func (r *Report) measure(name string, c *backend.Choice) {
	f32, bf16 := onednn.MeasureMatMul(c.Engine, kernel.F32), onednn.MeasureMatMul(
		c.Engine, kernel.BF16,
	)
	r.Rates = append(r.Rates, Rate{name, "f32", f32}, Rate{name, "bf16", bf16})
	found := fmt.Sprintf("f32 %.0f GFLOP/s", f32)
	if name == onednn.Name {
		if _, version, err := onednn.Find(); err == nil {
			r.Library = "oneDNN " + version
			found = r.Library + ": " + found
		}
	}
	r.add(name, found, OK, "")
	found = fmt.Sprintf("%.0f GFLOP/s", bf16)
	if len(c.Warnings) > 0 {
		r.add(name+" bf16", found, Slow, "take precision f32, as auto does: "+c.Warnings[0])
	} else {
		r.add(name+" bf16", found, OK, "")
	}
	if name != "portable" {
		return
	}
	r.Bandwidth = bench.Bandwidth(c.Engine)
	if r.Bandwidth < slowBandwidth {
		r.add(
			"bandwidth", fmt.Sprintf("%.1f GB/s", r.Bandwidth), Slow,
			"stop other programs: the optimizer's time is memory traffic",
		)
	} else {
		r.add("bandwidth", fmt.Sprintf("%.1f GB/s", r.Bandwidth), OK, "")
	}
}

// auto says what training uses unless told otherwise.
func (r *Report) auto(threads int) error {
	c, err := backend.Open("auto", "auto", threads)
	if err != nil {
		return err
	}
	r.Engine, r.Precision = c.Name(), c.Inner.String()
	found := fmt.Sprintf("%s, %s: %s", r.Engine, r.Precision, c.Reason)
	if r.Engine == "portable" {
		r.add("auto", found, Slow, "install a library that is named above as missing")
	} else {
		r.add("auto", found, OK, "")
	}
	return c.Close()
}
