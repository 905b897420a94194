package embed

import (
	"bufio"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"cmae/internal/atomicfile"
	"cmae/internal/weights/safetensors"
)

// formats write a table, by the end of the file's name.
var formats = map[string]func(io.Writer, *Table) error{
	".csv": writeCSV, ".npy": writeNPY, ".safetensors": writeSafetensors,
}

func formatOf(out string) (func(io.Writer, *Table) error, error) {
	write, ok := formats[filepath.Ext(out)]
	switch {
	case out == "":
		return nil, errors.New(
			"embed: give the file to write with --out: .npy, .csv or .safetensors",
		)
	case !ok:
		return nil, fmt.Errorf("embed: --out: %q must end in .npy, .csv or .safetensors", out)
	}
	return write, nil
}

// output is the file to be, and the one of paths beside a .npy file, under temporary names so far:
// what cannot be written fails before the work.
type output struct {
	name  string
	file  *atomicfile.File
	paths *atomicfile.File // nil for formats that hold the paths
}

func create(name string) (_ *output, err error) {
	o := &output{name: name}
	if o.file, err = atomicfile.Create(name); err == nil &&
		o.pathsName() != "" {
		o.paths, err = atomicfile.Create(o.pathsName())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("embed: write %q: %w", name, err), o.cleanup())
	}
	return o, nil
}

func (o *output) pathsName() string {
	stem, ok := strings.CutSuffix(o.name, ".npy")
	if !ok {
		return ""
	}
	return stem + ".paths.txt"
}

// write fills the files and gives them their names.
func (o *output) write(t *Table) error {
	write, err := formatOf(o.name)
	if err == nil {
		err = buffered(o.file, t, write)
	}
	if err == nil && o.paths != nil {
		if err = buffered(o.paths, t, writePaths); err == nil {
			err = o.paths.CloseAtomicallyReplace()
		}
	}
	if err == nil {
		err = o.file.CloseAtomicallyReplace()
	}
	if err != nil {
		return fmt.Errorf("embed: write %q: %w", o.name, err)
	}
	return nil
}

// cleanup deletes what has not got its name.
func (o *output) cleanup() (err error) {
	for _, f := range []*atomicfile.File{o.file, o.paths} {
		if f != nil {
			err = errors.Join(err, f.Cleanup())
		}
	}
	return err
}

func buffered(f io.Writer, t *Table, write func(io.Writer, *Table) error) error {
	w := bufio.NewWriterSize(f, 1<<20)
	if err := write(w, t); err != nil {
		return err
	}
	return w.Flush()
}

func writePaths(w io.Writer, t *Table) error {
	for _, path := range t.Paths {
		if strings.ContainsAny(path, "\n\r") || strings.HasPrefix(path, `"`) {
			path = strconv.Quote(path)
		}
		if _, err := fmt.Fprintln(w, path); err != nil {
			return err
		}
	}
	return nil
}

// writeCSV writes each number with the fewest digits that give it back.
func writeCSV(w io.Writer, t *Table) error {
	out := csv.NewWriter(w)
	record := []string{"path", "label"}
	for i := range t.Dim {
		record = append(record, "f"+strconv.Itoa(i))
	}
	if err := out.Write(record); err != nil {
		return err
	}
	for i, path := range t.Paths {
		record[0], record[1] = path, t.Class(i)
		for j, v := range t.Row(i) {
			record[2+j] = strconv.FormatFloat(float64(v), 'g', -1, 32)
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func writeSafetensors(w io.Writer, t *Table) error {
	n := len(t.Paths)
	var paths, ends, labels []byte
	for i, path := range t.Paths {
		paths = append(paths, path...)
		ends = binary.LittleEndian.AppendUint64(ends, uint64(len(paths)))
		labels = binary.LittleEndian.AppendUint64(labels, uint64(t.Labels[i]))
	}
	classes, err := json.Marshal(t.Classes)
	if err != nil {
		return err
	}
	return safetensors.Write(w, []safetensors.Tensor{
		safetensors.FromFloat32s("features", t.shape(), t.Values),
		{Name: "labels", DType: "I64", Shape: []int{n}, Data: labels},
		{Name: "paths", DType: "U8", Shape: []int{len(paths)}, Data: paths},
		{Name: "path_ends", DType: "I64", Shape: []int{n}, Data: ends},
	}, map[string]string{
		"encoder": strings.ToValidUTF8(t.Encoder, "?"), "feature": t.Feature,
		"image_size": strconv.Itoa(t.Side), "classes": string(classes),
	})
}
