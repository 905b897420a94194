package doctor

import (
	"context"
	"fmt"
	"strings"

	"cmae/internal/kernel"
	"cmae/internal/kernel/backend"
	"cmae/internal/tools/bench"
)

// slowBandwidth is what a single core of any server of the last ten years exceeds, in GB/s.
const slowBandwidth = 5

// engines measures every engine of the table that opens.
func (r *Report) engines(ctx context.Context, table backend.Table, threads int) error {
	for _, b := range table {
		if err := ctx.Err(); err != nil {
			return err
		}
		c, err := table.Open(b.Name, kernel.BF16.String(), threads)
		if err != nil {
			found, remedy, _ := strings.Cut(err.Error(), "; ")
			r.add(b.Name, found, Missing, remedy)
			continue
		}
		r.measure(b.Name, c)
		c.Close() // a failure to stop is no finding: the process is about to end
	}
	return nil
}

// measure times products in both precisions, and memory with the first engine that computes in the
// host's.
func (r *Report) measure(name string, c *backend.Choice) {
	f32, bf16 := matMulRate(c.Engine, kernel.F32), matMulRate(c.Engine, kernel.BF16)
	r.Rates = append(r.Rates, Rate{name, "f32", f32}, Rate{name, "bf16", bf16})
	found := fmt.Sprintf("f32 %.0f GFLOP/s", f32)
	if c.Library != "" {
		found = c.Library + ": " + found
		if r.Library == "" {
			r.Library = c.Library
		}
	}
	r.add(name, found, OK, "")
	found = fmt.Sprintf("%.0f GFLOP/s", bf16)
	if len(c.Warnings) > 0 {
		r.add(name+" bf16", found, Slow, "take precision f32, as auto does: "+c.Warnings[0])
	} else {
		r.add(name+" bf16", found, OK, "")
	}
	if c.Usage().Host && r.Bandwidth == 0 {
		r.bandwidth(c)
	}
}

func (r *Report) bandwidth(c *backend.Choice) {
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
func (r *Report) auto(table backend.Table, threads int) error {
	c, err := table.Open(backend.Auto, backend.Auto, threads)
	if err != nil {
		return err
	}
	r.Engine, r.Precision = c.Name(), c.ComputeType.String()
	found := fmt.Sprintf("%s, %s: %s", r.Engine, r.Precision, c.Reason)
	if c.Faster != "" {
		r.add("auto", found, Slow, c.Faster)
	} else {
		r.add("auto", found, OK, "")
	}
	return c.Close()
}
