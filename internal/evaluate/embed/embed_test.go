package embed

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/fault"
	"cmae/internal/method"
	"cmae/internal/recipe"
	"cmae/internal/weights/safetensors"
)

// job is an embedding with an encoder.
type job struct {
	Options
	From    string
	Config  recipe.Pretrain
	Patches bool
}

func (o job) run() (Summary, error) {
	e, err := encoder.Open(encoder.Options{Config: &o.Config, From: o.From, Patches: o.Patches})
	if err != nil {
		return Summary{}, err
	}
	s, err := Run(context.Background(), e, o.Options)
	return s, errors.Join(err, e.Close())
}

// options embed with a random encoder of images of 8 pixels.
func options(t *testing.T, out string) job {
	c := method.Default()
	c.Model.Dim, c.Model.Depth, c.Model.Heads, c.Model.PatchSize = 8, 1, 2, 4
	c.Data.ImageSize, c.Data.Limit = 8, 12
	c.Engine, c.Precision, c.Threads, c.Data.CacheDir = "portable", "f32", 1, t.TempDir()
	return job{Options: Options{Split: All, Out: filepath.Join(t.TempDir(), out)}, Config: c}
}

func mustRun(t *testing.T, o job) Summary {
	t.Helper()
	s, err := o.run()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// folder writes PNG images, and whatever else, nested.
func folder(t *testing.T, more map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for i, name := range []string{"b/c/2.png", "a.PNG", "b/1.png"} {
		img := image.NewGray(image.Rect(0, 0, 9, 8+i))
		img.Pix[3] = uint8(80 * i)
		var buffer bytes.Buffer
		if err := png.Encode(&buffer, img); err != nil {
			t.Fatal(err)
		}
		put(t, dir, name, buffer.String())
	}
	for name, text := range more {
		put(t, dir, name, text)
	}
	return dir
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := errors.Join(
		os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644),
	); err != nil {
		t.Fatal(err)
	}
}

// readCSV returns paths, labels and values.
func readCSV(t *testing.T, path string) (paths, labels []string, values []float32) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || !slices.Equal(rows[0][:3], []string{"path", "label", "f0"}) {
		t.Fatalf("%v, header %v", err, rows[0])
	}
	for _, row := range rows[1:] {
		paths, labels = append(paths, row[0]), append(labels, row[1])
		for _, text := range row[2:] {
			v, err := strconv.ParseFloat(text, 32)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, float32(v))
		}
	}
	return paths, labels, values
}

// TestFormatsAgree: the three formats hold the same numbers, bit for bit, and paths.
func TestFormatsAgree(t *testing.T) {
	o := options(t, "f.csv")
	s := mustRun(t, o)
	paths, labels, values := readCSV(t, o.Out)
	if s.Images != 24 || len(paths) != 24 || s.Dim != 8 || len(values) != 24*8 || s.Classes != 10 ||
		slices.Contains(labels, "") {
		t.Fatalf("%+v, %d paths, labels %v", s, len(paths), labels)
	}
	o.Out = filepath.Join(t.TempDir(), "f.safetensors")
	mustRun(t, o)
	f, err := safetensors.Open(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := f.Float32s("features"); err != nil || !slices.Equal(got, values) {
		t.Errorf("safetensors holds other values (%v)", err)
	}
	text, _ := f.Tensor("paths")
	ends, _ := f.Tensor("path_ends")
	numbers, _ := f.Tensor("labels")
	for i, path := range paths {
		begin := uint64(0)
		if i > 0 {
			begin = binary.LittleEndian.Uint64(ends.Data[8*(i-1):])
		}
		if got := string(
			text.Data[begin:binary.LittleEndian.Uint64(ends.Data[8*i:])],
		); got != path {
			t.Errorf("path %d is %q, want %q", i, got, path)
		}
		if n := binary.LittleEndian.Uint64(numbers.Data[8*i:]); !strings.Contains(
			f.Metadata()["classes"], strconv.Quote(labels[i]),
		) || n > 9 {
			t.Errorf("label %d is %d", i, n)
		}
	}
	o.Out = filepath.Join(t.TempDir(), "f.npy")
	s = mustRun(t, o)
	npy, err := os.ReadFile(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	size := int(binary.LittleEndian.Uint16(npy[8:]))
	if string(npy[:8]) != "\x93NUMPY\x01\x00" || (10+size)%64 != 0 ||
		!strings.Contains(string(npy[:10+size]), "'shape': (24, 8)") {
		t.Errorf("header %q", npy[:10+size])
	}
	for i, v := range values {
		if got := math.Float32frombits(binary.LittleEndian.Uint32(npy[10+size+4*i:])); got != v {
			t.Fatalf("value %d is %g in .npy, %g in .csv", i, got, v)
		}
	}
	if lines, err := os.ReadFile(s.Paths); err != nil ||
		string(lines) != strings.Join(paths, "\n")+"\n" {
		t.Errorf("paths %v: %q", err, lines)
	}
}

func TestSplits(t *testing.T) {
	var parts [][]float32
	for _, split := range []Split{Train, Test, All} {
		o := options(t, "f.csv")
		o.Split = split
		mustRun(t, o)
		_, _, values := readCSV(t, o.Out)
		parts = append(parts, values)
	}
	if len(parts[0]) == 0 || !slices.Equal(slices.Concat(parts[0], parts[1]), parts[2]) {
		t.Error("all is not train, then test")
	}
}

// TestConfiguredImagesWithoutLabels: no class is made up for them, and a split that they lack is
// refused.
func TestConfiguredImagesWithoutLabels(t *testing.T) {
	o := options(t, "f.csv")
	o.Config.Data.Path = folder(t, nil)
	s := mustRun(t, o)
	if paths, labels, _ := readCSV(t, o.Out); len(paths) != 3 ||
		!slices.Equal(labels, []string{"", "", ""}) || s.Classes != 0 {
		t.Errorf("%q, %q, %+v", paths, labels, s)
	}
	o.Split = Test
	if _, err := o.run(); !errors.Is(err, fault.Data) ||
		!strings.Contains(err.Error(), "no test images") {
		t.Errorf("test split: %v", err)
	}
	o.Config.Data.Holdout = 1
	if s := mustRun(t, o); s.Images != 1 {
		t.Errorf("held out: %+v", s)
	}
}

// TestPlainFolder: any nesting, in the order of names; hidden files and others are passed over;
// more images than a batch holds work.
func TestPlainFolder(t *testing.T) {
	o := options(t, "f.csv")
	o.Images = folder(
		t, map[string]string{"readme.txt": "x", ".hidden/x.png": "x", "b/.x.png": "x"},
	)
	s := mustRun(t, o)
	paths, labels, values := readCSV(t, o.Out)
	if !slices.Equal(paths, []string{"a.PNG", "b/1.png", "b/c/2.png"}) ||
		!slices.Equal(labels, []string{"", "", ""}) || s.Classes != 0 || len(values) != 24 {
		t.Errorf("%q, %q, %+v", paths, labels, s)
	}
	source, err := os.ReadFile(filepath.Join(o.Images, "a.PNG"))
	if err != nil {
		t.Fatal(err)
	}
	many := folder(t, nil)
	for i := range 130 {
		put(t, many, "n/"+strconv.Itoa(i)+".png", string(source))
	}
	o.Images = many
	mustRun(t, o)
	paths, _, all := readCSV(t, o.Out)
	if len(paths) != 133 || !slices.Equal(all[:8], values[:8]) ||
		!slices.Equal(all[132*8:], values[:8]) {
		t.Errorf("%d paths; the same image has other features in another batch", len(paths))
	}
}

func TestBadFiles(t *testing.T) {
	bad := folder(t, map[string]string{"b/broken.png": "<html>"})
	o := options(t, "f.npy")
	o.Images = bad
	check := func(want error, text string) {
		t.Helper()
		_, err := o.run()
		if !errors.Is(err, want) || !strings.Contains(err.Error(), text) {
			t.Errorf("got %v, want %q", err, text)
		}
		if left, _ := os.ReadDir(filepath.Dir(o.Out)); len(left) > 0 {
			t.Errorf("%s was left", left[0].Name())
		}
	}
	check(fault.Data, "b/broken.png")
	o.Config.Data.OnError, o.Config.Data.BadBudget = dataset.Skip, 0
	check(fault.Data, "more than 0 bad files")
	o.Images = t.TempDir()
	check(fault.Data, "holds no image")
	o.Images = filepath.Join(bad, "nothing")
	check(fault.Data, "no such file")
	o.Images, o.From = bad, filepath.Join(bad, "nothing")
	check(fault.Missing, "no such file")
	o.From, o.Config.Data.BadBudget = "", 1
	if s := mustRun(t, o); s.Images != 3 || len(s.Bad) != 1 || s.Bad[0].Path != "b/broken.png" {
		t.Errorf("%+v", s)
	}
}

func TestImpossibleOptions(t *testing.T) {
	o := options(t, "f.csv")
	o.Images = folder(t, nil)
	var usage *config.Error
	for _, side := range []int{0, 9} {
		o.Config.Data.ImageSize = side
		if _, err := o.run(); !errors.As(err, &usage) {
			t.Errorf("side %d: got %v", side, err)
		}
	}
	o.Split = "val"
	if o.Check() == nil {
		t.Error("split val passed")
	}
	o.Split, o.Out = All, "f.parquet"
	if o.Check() == nil {
		t.Error("f.parquet passed")
	}
	o.Out = ""
	if err := o.Check(); err == nil || !strings.Contains(err.Error(), "--out") {
		t.Errorf("without a file to write: %v", err)
	}
	o.Out = filepath.Join(t.TempDir(), "no", "folder", "f.csv")
	if _, err := o.run(); err == nil ||
		!strings.Contains(err.Error(), "f.csv") {
		t.Errorf("got %v", err)
	}
}

// TestPathsOnALine: a line is a path whatever it holds.
func TestPathsOnALine(t *testing.T) {
	var out bytes.Buffer
	if err := writePaths(&out, &Table{Paths: []string{"a b", "line\nbreak", `"q"`}}); err != nil ||
		out.String() != "a b\n\"line\\nbreak\"\n\"\\\"q\\\"\"\n" {
		t.Errorf("%v: %q", err, out.String())
	}
}

func TestDivergedEncoder(t *testing.T) {
	broken := &Table{
		Paths: []string{"a", "b"}, Dim: 2, Values: []float32{1, 2, 3, float32(math.NaN())},
	}
	if err := broken.check(); !errors.Is(err, fault.Mismatch) ||
		!strings.Contains(err.Error(), `"b"`) {
		t.Errorf("got %v", err)
	}
}
