package main

import (
	"io"
	"os"

	"golang.org/x/term"
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
