package dataset

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// labelFile is the list of labels where nobody names another one.
const labelFile = "labels.csv"

// What columns may be called, in any case and with a number behind. Where a table has two columns
// and one is called so, the other is taken for what is missing.
var (
	pathColumns = []string{
		"path", "file", "filename", "file_name", "filepath", "file_path", "image", "img", "id",
		"image_id", "image_path", "image_name", "name",
	}
	labelColumns = []string{
		"label", "labels", "class", "classes", "class_name", "category", "target",
	}
)

// row is a line of a list of labels. An empty label is none.
type row struct {
	line               int
	file, label, split string
	rooted             bool // file begins at the data folder, not at the list's
}

// table is a list of labels as it was read.
type table struct {
	folder
	name   string   // inside the folder
	roots  []string // of the folder of the images
	split  bool     // has a column split
	unread []string
	rows   []row
}

// fault is a fault of a line of the list, or of the list with line 0.
func (t *table) fault(line int, remedy, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if line > 0 {
		text = fmt.Sprintf("line %d: %s", line, text)
	}
	return faultOf(t.full(t.name), remedy, "%s", text)
}

// labelList is the folder and the name in it of the list that data.labels names: inside the data
// folder, or anywhere by an absolute path or one that leads out of it.
func (c Config) labelList(data folder) (folder, string, error) {
	if filepath.IsLocal(c.Labels) {
		return data, path.Clean(filepath.ToSlash(c.Labels)), nil
	}
	list := c.Labels
	if !filepath.IsAbs(list) {
		list = filepath.Join(data.path, list)
	}
	if name, is := within(data.roots(), list); is {
		return data, name, nil
	}
	outside, err := openFolder(filepath.Dir(list), c.Links)
	if err != nil {
		return folder{}, "", faultOf(c.Labels, "check data.labels", "%w", errors.Unwrap(err))
	}
	return outside, filepath.Base(list), nil
}

// roots are the folder's absolute paths: as it is named, and as it really is.
func (f folder) roots() []string {
	root, err := filepath.Abs(f.path)
	if err != nil {
		return nil
	}
	return []string{root, realPath(root)}
}

// within is the name inside a folder, of these roots, of a file anywhere, if it is there.
func within(roots []string, file string) (name string, is bool) {
	for _, root := range roots {
		if name, err := filepath.Rel(root, file); err == nil && filepath.IsLocal(name) {
			return filepath.ToSlash(name), true
		}
	}
	return "", false
}

// readTable reads a list of labels of images in data: a header and lines of comma-separated values,
// or semicolons or tabs, in UTF-8 or Latin-1.
func readTable(f folder, name string, data folder) (*table, error) {
	t := &table{folder: f, name: name, roots: data.roots()}
	text, err := f.read(name, 1<<30)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		return nil, t.fault(0, "save it as UTF-8", "is UTF-16")
	}
	text = []byte(decoded(string(bytes.TrimPrefix(text, []byte("\ufeff")))))
	if !bytes.ContainsRune(text, '\n') { // as old Macs end lines
		text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	}
	r := csv.NewReader(bytes.NewReader(text))
	first, _, _ := bytes.Cut(text, []byte("\n"))
	for _, comma := range ";\t" {
		if !bytes.ContainsRune(first, ',') && bytes.ContainsRune(first, comma) {
			r.Comma = comma
		}
	}
	header, err := r.Read()
	if err == io.EOF {
		return nil, t.fault(0, "begin it with the line path,label", "is empty")
	}
	if err != nil {
		return nil, t.malformed(err)
	}
	at, err := t.columns(header)
	if err != nil {
		return nil, err
	}
	guess := newSplitGuess(header, at)
	for {
		fields, err := r.Read()
		if err == io.EOF {
			return t, guess.fault(t)
		}
		if err != nil {
			return nil, t.malformed(err)
		}
		line, _ := r.FieldPos(0)
		if err := t.add(line, fields, at); err != nil {
			return nil, err
		}
		guess.look(fields)
	}
}

// malformed is what encoding/csv says, in one line.
func (t *table) malformed(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return t.fault(parse.Line, "correct the line", "%v", parse.Err)
	}
	return t.fault(0, "", "%v", err)
}

// places are the columns of a list, -1 for none.
type places struct{ file, label, split int }

// columns finds the columns by the header.
func (t *table) columns(header []string) (at places, err error) {
	found := map[string][]int{}
	var others []int
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		plain := strings.TrimRight(strings.TrimRight(name, "0123456789"), "_ ")
		switch {
		case name == "split":
			found["split"] = append(found["split"], i)
		case slices.Contains(pathColumns, name):
			found["path"] = append(found["path"], i)
		case slices.Contains(labelColumns, plain):
			found["label"] = append(found["label"], i)
		default:
			others = append(others, i)
		}
	}
	if err := t.twice(header, found); err != nil {
		return at, err
	}
	if len(others) == 1 && len(found["path"])+len(found["label"]) == 1 {
		for _, kind := range []string{"path", "label"} {
			if len(found[kind]) == 0 {
				found[kind], others = others, nil
			}
		}
	}
	for _, kind := range []string{"path", "label"} {
		if len(found[kind]) == 0 {
			return at, t.fault(
				1, "begin the file with a header such as path,label or path,label,split",
				"%q names no column for the %s", strings.Join(header, ","), kind,
			)
		}
	}
	for _, i := range others {
		t.unread = append(t.unread, header[i])
	}
	at = places{found["path"][0], found["label"][0], -1}
	if t.split = len(found["split"]) > 0; t.split {
		at.split = found["split"][0]
	}
	return at, nil
}

// twice is the fault of two columns for one thing.
func (t *table) twice(header []string, found map[string][]int) error {
	remedies := map[string]string{
		"path":  "rename or remove the one that does not name the files",
		"label": "leave one of them: cmae learns one label of an image",
		"split": "leave one of them",
	}
	if len(found["label"]) == 0 {
		remedies["path"] = "call the column of the files path, and that of the labels label"
	}
	for _, kind := range []string{"path", "label", "split"} {
		if is := found[kind]; len(is) > 1 {
			return t.fault(
				1, remedies[kind], "columns %q and %q are both taken for the %s", header[is[0]],
				header[is[1]], kind,
			)
		}
	}
	return nil
}

// add takes a line.
func (t *table) add(line int, fields []string, at places) error {
	one := row{line: line, file: fields[at.file], label: sameName(strings.TrimSpace(fields[at.label]))}
	if strings.TrimSpace(one.file) == "" {
		return t.fault(line, "correct the line", "names no file")
	}
	if local := filepath.FromSlash(slashed(one.file)); !filepath.IsLocal(local) {
		if !filepath.IsAbs(local) {
			local, _ = filepath.Abs(filepath.Join(filepath.Dir(t.full(t.name)), local))
		}
		name, is := within(t.roots, local)
		if !is {
			return t.fault(
				line, "name files of the data folder, from the list's folder on",
				"%q leads out of the data folder", one.file,
			)
		}
		one.file, one.rooted = name, true
	}
	if strings.ContainsAny(one.label, ";|") {
		return t.fault(
			line, "give each image one label", "%q is several labels, and cmae learns one",
			one.label,
		)
	}
	if at.split >= 0 {
		one.split = strings.ToLower(strings.TrimSpace(fields[at.split]))
		if !isSplit(one.split) {
			return t.fault(
				line, "the splits are "+strings.Join(append(trainSplits[:1:1], evaluationSplits...), ", "),
				"%q is no split", fields[at.split],
			)
		}
	}
	t.rows = append(t.rows, one)
	return nil
}

// slashed is a path as this system writes it: lists from others have backslashes.
func slashed(name string) string { return path.Clean(strings.ReplaceAll(name, `\`, "/")) }

// decoded is a text in UTF-8: one that is none is taken for Latin-1.
func decoded(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		b.WriteRune(rune(text[i]))
	}
	return b.String()
}
