package weights

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/fault"
	"cmae/internal/weights/safetensors"
)

// TestPickles: PyTorch's own files are refused with the line that converts them, known by their
// names or by their bytes; a damaged safetensors file is not taken for one.
func TestPickles(t *testing.T) {
	zip := "PK\x03\x04" + strings.Repeat("x", 100)
	for name, content := range map[string]string{
		"it's.pth": zip, "a.bin": "nonsense", "a.ckpt": zip, "a.PT": "", "a.safetensors": zip,
		"b.safetensors": "\x80\x02\x8a\x0a" + strings.Repeat("x", 100),
	} {
		path := filepath.Join(t.TempDir(), name)
		put(t, path, content)
		_, err := Open(path)
		if !errors.Is(err, fault.Mismatch) || !strings.Contains(err.Error(), "save_file(") ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
	path := filepath.Join(t.TempDir(), "c.safetensors")
	put(t, path, "nonsense of some length")
	if _, err := Open(path); !errors.Is(err, safetensors.ErrFormat) {
		t.Errorf("%v", err)
	}
}

// TestModelFoldersThatDoNotFit: each says what is wrong with the folder.
func TestModelFoldersThatDoNotFit(t *testing.T) {
	one := []safetensors.Tensor{safetensors.FromFloat32s("a", []int{1}, []float32{1})}
	for _, c := range []struct {
		name, file, content, want string
		whole                     bool // the folder has model.safetensors
	}{
		{"activation", "config.json", `{"num_attention_heads": 2, "hidden_act": "relu"}`, "gelu", true},
		{"no JSON", "config.json", `{`, "config.json", true},
		{
			"shard elsewhere", "model.safetensors.index.json", `{"weight_map": {"a": "../x"}}`,
			"no file beside it", false,
		},
		{
			"shard missing", "model.safetensors.index.json", `{"weight_map": {"a": "x"}}`, "no such file",
			false,
		},
		{"pickle alone", "pytorch_model.bin", "x", "save_file(", false},
		{"nothing", "README.md", "x", "holds no checkpoint", false},
	} {
		dir := t.TempDir()
		put(t, filepath.Join(dir, c.file), c.content)
		if c.whole {
			if err := safetensors.WriteFile(
				filepath.Join(dir, "model.safetensors"), one, nil,
			); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
