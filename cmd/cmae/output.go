package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/term"

	"cmae/internal/atomicfile"
	"cmae/internal/rundir/checkpoint"
)

// output is a file that keeps the first error of writing to it, which run asks for when all is
// written: a table goes out in many pieces.
type output struct {
	file *os.File
	err  error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.file.Write(p)
	if o.err == nil {
		o.err = err
	}
	return n, err
}

// creatable makes the folder of a file that --out names, and refuses, before there is work to lose,
// one that cannot be written, and one that is read.
func creatable(out string, read ...string) error {
	for _, from := range read {
		if err := notSource(out, from); err != nil {
			return err
		}
	}
	err := os.MkdirAll(filepath.Dir(out), 0o755)
	if isFolder(out) {
		err = errors.New("it is a folder")
	}
	if err == nil {
		var file *atomicfile.File
		if file, err = atomicfile.Create(out); err == nil {
			err = file.Cleanup()
		}
	}
	var path *fs.PathError
	if errors.As(err, &path) { // the file of the path is a temporary one
		err = path.Err
	}
	if err != nil {
		return usageError{fmt.Errorf("--out: %q cannot be written: %w", out, err)}
	}
	return nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// notSource refuses a file to write that is the one that is read, by whatever path, or one of those
// of the model folder that is read.
func notSource(out, from string) error {
	target, err := os.Stat(out)
	if err != nil {
		return nil // there is nothing to replace
	}
	read := []string{from}
	if _, run := checkpoint.Within(from); !run {
		parts, _ := os.ReadDir(from) // none where it is a file
		for _, part := range parts {
			if filepath.Ext(part.Name()) == ".safetensors" {
				read = append(read, filepath.Join(from, part.Name()))
			}
		}
	}
	for _, path := range read {
		if info, err := os.Stat(path); err == nil && os.SameFile(info, target) {
			return usageError{fmt.Errorf(
				"--out: %q is %q, which is read, and would be replaced; write elsewhere", out, path,
			)}
		}
	}
	return nil
}

// columns is the width of the terminal that w is, 0 for anything else.
func columns(w io.Writer) int {
	o, ok := w.(*output)
	if !ok || !term.IsTerminal(int(o.file.Fd())) {
		return 0
	}
	if width, _, err := term.GetSize(int(o.file.Fd())); err == nil && width > 0 {
		return width
	}
	return 80
}
