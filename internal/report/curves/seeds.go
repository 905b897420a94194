package curves

import (
	"bytes"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"

	"cmae/internal/report/chart"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
)

// runsOf are the runs of a sweep's folder in the order of its cells' names, or the folder itself.
func runsOf(folder string) []string {
	runs, err := filepath.Glob(filepath.Join(folder, "cells", "*", "seed-*", rundir.MetricsFile))
	if err != nil || len(runs) == 0 { // Glob fails on a pattern in the folder's name only
		return []string{folder}
	}
	for i, path := range runs {
		runs[i] = filepath.Dir(path)
	}
	return runs
}

// bySeeds puts runs together whose settings differ in nothing but their seed, in the order of the
// first of each.
func bySeeds(all []*history, folders []string) []*history {
	var kept []*history
	first := map[string]*history{}
	for i, h := range all {
		settings := withoutSeed(folders[i])
		if same := first[settings]; same != nil && settings != "" {
			same.others = append(same.others, h)
			same.name = groupName(folders[slices.Index(all, same)])
			continue
		}
		first[settings] = h
		kept = append(kept, h)
	}
	return kept
}

var seedLine = regexp.MustCompile(`(?m)^seed: .*$`)

// withoutSeed are the settings of a run but for its seed, "" where they cannot be read.
func withoutSeed(folder string) string {
	text, err := rundir.ReadFile(filepath.Join(folder, checkpoint.SettingsFile))
	if err != nil {
		return ""
	}
	return string(bytes.TrimSpace(seedLine.ReplaceAll(text, nil)))
}

var seedEnd = regexp.MustCompile(`[-_.]?(seed)?[-_.]?[0-9]+$`)

// groupName is what runs of several seeds are called: their folder's name without the seed, or that
// of the folder above.
func groupName(folder string) string {
	if name := seedEnd.ReplaceAllString(rundir.Name(folder), ""); name != "" {
		return name
	}
	return rundir.Name(filepath.Dir(filepath.Clean(folder)))
}

// points are the values of one run.
func (q quantity) points(h *history, time axis) (points []chart.XY) {
	for _, r := range h.rows {
		if v, ok := q.of(r); ok {
			points = append(points, chart.XY{X: time.of(h, r), Y: v})
		}
	}
	return points
}

// overSeeds is the mean of several runs with their standard deviation, where two or more have a
// value.
func (q quantity) overSeeds(h *history, time axis, series int) chart.Line {
	line := chart.Line{Series: series, Smooth: q.noisy}
	values := map[float64][]float64{}
	var xs []float64
	for _, run := range append([]*history{h}, h.others...) {
		for _, p := range q.points(run, time) {
			if values[p.X] == nil {
				xs = append(xs, p.X)
			}
			values[p.X] = append(values[p.X], p.Y)
		}
	}
	slices.Sort(xs)
	for _, x := range xs {
		if len(values[x]) < 2 {
			continue
		}
		mean, sd := stat.MeanStdDev(values[x], nil)
		line.Points, line.Band = append(line.Points, chart.XY{X: x, Y: mean}), append(line.Band, sd)
	}
	if q.noisy {
		line.Points, line.Band = binned(line.Points, line.Band)
	}
	return line
}

// mostBins is the number of points that a noisy mean over seeds is drawn with.
const mostBins = 150

// binned averages points and band over neighbours if they are too many.
func binned(points []chart.XY, band []float64) (few []chart.XY, narrow []float64) {
	size := (len(points) + mostBins - 1) / mostBins
	for from := 0; from < len(points); from += size {
		to := min(from+size, len(points))
		few = append(few, chart.MeanOf(points[from:to]))
		narrow = append(narrow, stat.Mean(band[from:to], nil))
	}
	return few, narrow
}

// withoutCommon are paths without the folders that all share.
func withoutCommon(paths []string) []string {
	parts := make([][]string, len(paths))
	for i, p := range paths {
		parts[i] = strings.Split(filepath.ToSlash(filepath.Clean(p)), "/")
	}
	shared := 0
	for ; ; shared++ {
		for _, p := range parts {
			if len(p) <= shared+1 || p[shared] != parts[0][shared] {
				out := make([]string, len(paths))
				for i, p := range parts {
					out[i] = strings.Join(p[shared:], "/")
				}
				return out
			}
		}
	}
}
