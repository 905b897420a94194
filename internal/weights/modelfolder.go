package weights

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"cmae/internal/fault"
	"cmae/internal/weights/safetensors"
)

// The files of a folder in which Hugging Face and timm keep a model.
const (
	folderWeights = "model.safetensors"
	folderIndex   = "model.safetensors.index.json"
	folderConfig  = "config.json"
)

// mostText is as much of a JSON file as is read.
const mostText = 64 << 20

// openModelFolder reads a model folder: its one file of weights, or the shards that an index lists,
// and what config.json says that shapes do not tell. found is false for any other folder.
func openModelFolder(dir string) (f *File, found bool, err error) {
	single := filepath.Join(dir, folderWeights)
	switch {
	case exists(single):
		f, err = openSafetensors(single)
	case exists(filepath.Join(dir, folderIndex)):
		f, err = openShards(dir)
	default:
		for _, end := range pickleEnds {
			for _, stem := range []string{"pytorch_model", "model"} {
				if path := filepath.Join(dir, stem+end); exists(path) {
					_, err := openSafetensors(path)
					return nil, true, err
				}
			}
		}
		return nil, false, nil
	}
	if err != nil {
		return nil, true, err
	}
	return f, true, f.readModelConfig(filepath.Join(dir, folderConfig))
}

// openShards joins the files that an index names; each lies in the folder itself.
func openShards(dir string) (*File, error) {
	path := filepath.Join(dir, folderIndex)
	var index struct {
		Shards map[string]string `json:"weight_map"` // by the names of tensors
	}
	if err := readJSON(path, &index); err != nil {
		return nil, err
	}
	f := &File{Path: path, tensors: map[string]safetensors.Tensor{}}
	for _, name := range slices.Compact(slices.Sorted(maps.Values(index.Shards))) {
		if name != filepath.Base(name) || !filepath.IsLocal(name) {
			return nil, fmt.Errorf(
				"weights: %w: %q names the shard %.80q, which is no file beside it", fault.Mismatch,
				path, name,
			)
		}
		shard, err := openSafetensors(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		maps.Copy(f.tensors, shard.tensors)
	}
	for tensor, shard := range index.Shards {
		if !f.has(tensor) {
			return nil, fmt.Errorf(
				"weights: %w: %q: %s is not in %.80q; copy the folder anew", fault.Mismatch, path,
				Shown(tensor), shard,
			)
		}
	}
	return f, nil
}

// readModelConfig takes the heads of a transformer from the config.json of Hugging Face
// (num_attention_heads) or timm (model_args.num_heads).
func (f *File) readModelConfig(path string) error {
	var c struct {
		Heads int `json:"num_attention_heads"`
		Args  struct {
			Heads int `json:"num_heads"`
		} `json:"model_args"`
		Activation string `json:"hidden_act"`
	}
	err := readJSON(path, &c)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if f.Heads = max(c.Heads, c.Args.Heads, 0); f.Heads > 0 && c.Activation != "" &&
		c.Activation != "gelu" {
		return fmt.Errorf(
			"weights: %w: %q: hidden_act is %.80q; cmae's transformer has gelu", fault.Mismatch,
			path, c.Activation,
		)
	}
	return nil
}

func readJSON(path string, to any) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("weights: %w: %w", fault.Missing, err)
	}
	if !info.Mode().IsRegular() || info.Size() > mostText {
		return fmt.Errorf("weights: %w: %q is no JSON file of at most %d bytes",
			fault.Mismatch, path, mostText)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("weights: %w: %w", fault.Missing, err)
	}
	if err := json.Unmarshal(text, to); err != nil {
		return fmt.Errorf("weights: %w: %q: %w", fault.Mismatch, path, err)
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
