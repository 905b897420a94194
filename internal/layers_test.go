package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// layers lists every package, the lowest first: one imports only from layers below its own.
var layers = [][]string{
	{"system", "rng", "dl"},
	{"atomicfile", "protobuf"},
	{"weights/safetensors"},
	{"fault", "weights/onnx", "dataset/imagefile/imagetest"},
	{
		"kernel", "contrastivecrop", "report", "report/page", "config",
		"report/chart", "report/canvas", "machine", "dataset/raster", "dataset/jpeg",
		"dataset/webp", "kernel/pjrt",
	},
	{
		"dataset/bmp", "dataset/tiff", "dataset/netpbm", "dataset/npy", "dataset/heif", "dataset/augment",
		"kernel/bfloat16",
	},
	{"dataset/imagefile", "dataset/eightbit", "dataset/clutter", "dataset/surfaces"},
	{"dataset/pack"},
	{
		"kernel/portable", "kernel/kerneltest", "kernel/compose", "comm", "rundir/checkpoint",
		"dataset",
	},
	{"kernel/onednn", "kernel/xla", "graph/op", "rundir", "comm/mpi", "comm/commtest"},
	{"graph", "graph/nn", "losses", "dataset/loader", "rundir/track"},
	{"graph/exec", "optim", "graph/nn/nntest"},
	{"kernel/backend", "model", "weights"},
	{"recipe"},
	{"method/contrast"},
	{"method/cmae", "method/moco"},
	{"method"},
	{"evaluate/features", "trainer"},
	{"trainer/trainertest", "evaluate", "evaluate/evaltest", "report/curves"},
	{"evaluate/encoder"},
	{"evaluate/knn", "evaluate/probe", "evaluate/crops", "evaluate/embed", "weights/exchange"},
	{"trainer/pretrain", "evaluate/predict", "report/picture"},
	{"tools/verify", "tools/summary", "tools/bench", "tools/rates", "report/runpage", "evaluate/atlas"},
	{"tools/doctor", "trainer/finetune"},
	{"tools/ablate"},
	{"cmd/cmae"},
}

// lonely are the packages that others may take out of cmae: they import none of ours but each
// other.
var lonely = []string{
	"system", "atomicfile", "rng", "kernel", "weights/safetensors", "contrastivecrop",
}

// only says who may import a library: packages, or single files of a package.
var only = map[string][]string{
	"github.com/spf13/viper":        {"config"},
	"github.com/google/renameio/v2": {"atomicfile"},
	"github.com/spf13/cobra":        {"cmd/cmae"},
	"gorgonia.org/tensor":           {"graph/op"},
	"google.golang.org/protobuf":    {"protobuf"},
	"gonum.org/v1/plot":             {"report/chart"},
	"github.com/ebitengine/purego":  {"dl"},
	"gorgonia.org/gorgonia": {
		"graph", "graph/op", "graph/nn", "graph/exec", "model", "losses",
	},
}

const (
	longestFile     = 300
	longestFunction = 60
)

// source is a parsed file that is no test.
type source struct {
	*ast.File
	pkg, name string
	set       *token.FileSet
}

func TestImportsGoDownward(t *testing.T) {
	level := map[string]int{}
	for i, names := range layers {
		for _, name := range names {
			level[name] = i
		}
	}
	for _, f := range sources(t) {
		own, known := level[f.pkg]
		if !known && f.pkg != "." {
			t.Errorf("%s: package %s has no place in the layers of this test", f.name, f.pkg)
			continue
		}
		for _, spec := range f.Imports {
			target := strings.Trim(spec.Path.Value, `"`)
			if ours, ok := packageOf(target); ok {
				if at, known := level[ours]; !known || at >= own {
					t.Errorf("%s imports %s, which is not below %s", f.name, ours, f.pkg)
				}
				if slices.Contains(lonely, f.pkg) && !slices.Contains(lonely, ours) {
					t.Errorf("%s imports %s; %s stands alone", f.name, ours, f.pkg)
				}
			}
			if allowed, limited := only[target]; limited && !slices.Contains(allowed, f.pkg) &&
				!slices.Contains(allowed, path.Join(f.pkg, filepath.Base(f.name))) {
				t.Errorf(
					"%s imports %s, which is for %s", f.name, target, strings.Join(allowed, ", "),
				)
			}
		}
	}
}

func TestSizes(t *testing.T) {
	for _, f := range sources(t) {
		if lines := f.set.File(f.Pos()).LineCount() - 1; lines > longestFile {
			t.Errorf("%s has %d lines, more than %d", f.name, lines, longestFile)
		}
		for _, d := range f.Decls {
			function, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			lines := f.set.Position(function.End()).Line - f.set.Position(function.Pos()).Line + 1
			if lines > longestFunction {
				t.Errorf(
					"%s: %s has %d lines, more than %d", f.name, function.Name.Name, lines,
					longestFunction,
				)
			}
		}
	}
}

// sources parses the module without its tests and test data.
func sources(t *testing.T) (all []source) {
	t.Helper()
	set := token.NewFileSet()
	for _, root := range []string{".", "../cmd"} {
		err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && d.Name() == "testdata":
				return filepath.SkipDir
			case d.IsDir() || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
				return nil
			}
			f, err := parser.ParseFile(set, name, nil, 0)
			if err != nil {
				return err
			}
			pkg := strings.TrimPrefix(path.Dir(filepath.ToSlash(name)), "../")
			all = append(all, source{f, pkg, name, set})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// packageOf is the name in layers of one of our packages.
func packageOf(target string) (string, bool) {
	if rest, ok := strings.CutPrefix(target, "cmae/internal/"); ok {
		return rest, true
	}
	return strings.CutPrefix(target, "cmae/")
}
