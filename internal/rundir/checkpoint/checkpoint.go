// Package checkpoint keeps a run's checkpoints: what a run needs to go on, bit for bit, as plain
// tensors and numbers.
//
//	RUN/checkpoints/step-N/model.safetensors      one file a group of tensors
//	                       config.yaml            the run's resolved settings
//	                       manifest.json          where the run stands, and a digest of every file; written last
//	RUN/last, RUN/best                            symbolic links to two of them
//	RUN/diverged/step-N/                          a bundle: the state before a step that diverged, and its batch
//
// A checkpoint is written under a temporary name, every file synced, and then renamed, so that at
// any instant, whatever fails, the checkpoints under their final names are whole. What a disk does
// to them afterwards the digests tell.
//
// Reading order: checkpoint.go, layout.go, manifest.go, save.go, load.go, latest.go, purge.go,
// recover.go, bundle.go; filesystem.go is what tests replace.
package checkpoint

import "cmae/internal/weights/safetensors"

// Tensor is a named array, as safetensors files hold it.
type Tensor = safetensors.Tensor

// Checkpoint is the state of a run between two steps.
type Checkpoint struct {
	Manifest
	Config  []byte              // the resolved settings, YAML; may be empty
	Tensors map[string][]Tensor // by group (ModelGroup and the others); [a-z0-9_]+
	Path    string              // that it was loaded from, links followed
}
