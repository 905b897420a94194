package heif

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
)

// largestFile bounds what is taken from the other process.
const largestFile = 1 << 30

// Serve decodes pictures for another process until that ends. args are those after Worker.
func Serve(args []string, in io.Reader, out io.Writer) error {
	maxPixels, err := strconv.Atoi(first(args))
	if err != nil || maxPixels < 1 {
		return errors.New("heif: a worker needs the largest picture in pixels")
	}
	limitMemory(maxPixels)
	l, err := find()
	if err != nil {
		_, err := fmt.Fprintf(out, "%s\n", greeting)
		return err
	}
	if _, err := fmt.Fprintf(out, "%s%s\n", greeting, l.version()); err != nil {
		return err
	}
	for {
		var n uint64
		if err := binary.Read(in, binary.LittleEndian, &n); err != nil || n > largestFile {
			return nil // the other process has ended
		}
		data := make([]byte, n)
		if _, err := io.ReadFull(in, data); err != nil {
			return nil
		}
		if err := l.decode(data, maxPixels).write(out); err != nil {
			return nil
		}
	}
}

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// Main is Serve for a program that was called with Worker as its first argument; otherwise it
// returns at once.
func Main() {
	if len(os.Args) > 1 && os.Args[1] == Worker {
		if err := Serve(os.Args[2:], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}
