package verify

import (
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/weights/safetensors"
)

// TestRefusals: an option or a tensor that the program does not know is named, never ignored.
func TestRefusals(t *testing.T) {
	for want, change := range map[string]change{
		`metadata config: unknown option "colour"`: replace(
			"config", `{"image"`, `{"colour": 1, "image"`,
		),
		`metadata config: unknown option "twist"`: replace(
			"config", `"x": {`, `"x": {"twist": true, `,
		),
		`metadata hyper: unknown option "nesterov"`: replace("hyper", `{`, `{"nesterov": true, `),
		"contrast.pool": replace(
			"config", `"mean+cls"`, `"max"`,
		),
		"groups and freeze_patches have no part": replace(
			"config", `"x": {`, `"x": {"groups": 2, `,
		),
		"stem and width belong to a ResNet": replace(
			"config", `"x": {`, `"x": {"width": 4, `,
		),
		"metadata format": replace("format", "cmae", "other"),
		"input.queue is [15 8], want [14 8]": replace(
			"config", `"queue_size": 15`, `"queue_size": 14`,
		),
		"input.extra belongs to no option": rename(
			"input.noise_k", "input.noise_k", "input.extra",
		),
		"input.noise_k is [], want [6 16]": rename("input.noise_k"),
		`no tensor "param.norm.bias"`:      rename("param.norm.bias"),
		"the file has no grad.norm.bias":   rename("grad.norm.bias"),
		"the file has no after.norm.bias":  rename("after.norm.bias"),
		"the file has no loss.ctr":         rename("loss.ctr"),
		"loss.extra is in the file and unknown to the model": rename(
			"loss.ctr", "loss.ctr", "loss.extra",
		),
		"grad.extra is in the file and unknown to the model": rename(
			"grad.norm.bias", "grad.norm.bias", "grad.extra",
		),
		"out.zq has 24 values, want 48": shorten("out.zq"),
	} {
		t.Run(want, func(t *testing.T) {
			path := rewrite(t, "queue", change)
			e := portable.New(0)
			defer e.Close()
			_, err := Run(path, e, kernel.F32)
			if err == nil || !strings.Contains(err.Error(), want) ||
				!strings.Contains(err.Error(), path) {
				t.Errorf("%v, want %s", err, want)
			}
		})
	}
}

// TestSkipped: an output that a step does not have is said to be left out.
func TestSkipped(t *testing.T) {
	path := rewrite(t, "queue", rename("out.zq", "out.zq", "out.extra"))
	e := portable.New(0)
	defer e.Close()
	res, err := Run(path, e, kernel.F32)
	if err != nil || !res.Passed() || len(res.Skipped) != 1 || res.Skipped[0] != "out.extra" {
		t.Errorf("%v, %+v", err, res)
	}
}

type change = func(tensors []safetensors.Tensor, meta map[string]string) []safetensors.Tensor

// replace changes a text of the metadata.
func replace(key, old, to string) change {
	return func(tensors []safetensors.Tensor, meta map[string]string) []safetensors.Tensor {
		meta[key] = strings.Replace(meta[key], old, to, 1)
		return tensors
	}
}

// rename gives a tensor other names, or removes it.
func rename(name string, names ...string) change {
	return func(tensors []safetensors.Tensor, _ map[string]string) (all []safetensors.Tensor) {
		for _, t := range tensors {
			if t.Name != name {
				all = append(all, t)
				continue
			}
			for _, t.Name = range names {
				all = append(all, t)
			}
		}
		return all
	}
}

// shorten leaves the first half of a tensor.
func shorten(name string) change {
	return func(tensors []safetensors.Tensor, _ map[string]string) []safetensors.Tensor {
		for i, t := range tensors {
			if t.Name == name {
				tensors[i].Shape[0], tensors[i].Data = t.Shape[0]/2, t.Data[:len(t.Data)/2]
			}
		}
		return tensors
	}
}

// rewrite writes one of the project's files anew, changed.
func rewrite(t *testing.T, name string, change change) (path string) {
	t.Helper()
	f := open(t, name).file
	var tensors []safetensors.Tensor
	for _, name := range f.Names() {
		one, err := f.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		tensors = append(tensors, one)
	}
	meta := f.Metadata()
	path = filepath.Join(t.TempDir(), name+".safetensors")
	if err := safetensors.WriteFile(path, change(tensors, meta), meta); err != nil {
		t.Fatal(err)
	}
	return path
}
