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
// one that cannot be written.
func creatable(out string) error {
	err := os.MkdirAll(filepath.Dir(out), 0o755)
	if info, statErr := os.Stat(out); statErr == nil && info.IsDir() {
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
