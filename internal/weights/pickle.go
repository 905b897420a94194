package weights

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cmae/internal/fault"
	"cmae/internal/report"
	"cmae/internal/weights/safetensors"
)

// pickleEnds end the names that PyTorch's own files have.
var pickleEnds = []string{".pth", ".pt", ".bin", ".ckpt", ".pkl", ".tar"}

// pickleStarts are their first bytes: a zip archive, and the older format.
var pickleStarts = [][]byte{[]byte("PK\x03\x04"), []byte("\x80\x02\x8a\x0a")}

// convert is a line of Python that writes such a file as safetensors. Tensors in dictionaries of
// dictionaries get the keys of all before their names.
const convert = `python3 -c 'import sys, argparse, torch; from safetensors.torch import save_file; ` +
	`torch.serialization.add_safe_globals([argparse.Namespace]); ` +
	`f = lambda d, p: {n: t for k, v in d.items() for n, t in ` +
	`(f(v, p + str(k) + ".") if isinstance(v, dict) else {p + str(k): v}).items()}; ` +
	`save_file({k: v.clone().contiguous() for k, v in ` +
	`f(torch.load(sys.argv[1], map_location="cpu", weights_only=True), "").items() ` +
	`if torch.is_tensor(v) and not k.startswith("optim")}, sys.argv[2])' `

// explainPickle replaces the error of a file that is no safetensors file but PyTorch's own.
func explainPickle(path string, err error) error {
	if !errors.Is(err, safetensors.ErrFormat) || !isPickle(path) {
		return err
	}
	out := strings.TrimSuffix(path, filepath.Ext(path)) + ".safetensors"
	if out == path {
		out = path + ".safetensors"
	}
	return fmt.Errorf(
		"weights: %w: %q is a file of PyTorch's own format, which may hold code and is never "+
			"opened; write its tensors as safetensors: %s%s %s",
		fault.Mismatch, path, convert, report.Quoted(path), report.Quoted(out),
	)
}

func isPickle(path string) bool {
	if slices.Contains(pickleEnds, strings.ToLower(filepath.Ext(path))) {
		return true
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	first := make([]byte, 4)
	if _, err := io.ReadFull(f, first); err != nil {
		return false
	}
	return slices.ContainsFunc(pickleStarts, func(s []byte) bool { return bytes.Equal(s, first) })
}
