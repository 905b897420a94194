package ablate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"cmae/internal/config"
)

// Grid is a sweep from a file: a base, the cells over it, and how they are measured.
type Grid struct {
	Base       string // file with settings, as --config takes; may be empty
	Set        []string
	Seeds      []uint64
	Evaluators []string
	Finetune   string // file with settings of finetuning; may be empty
	Cells      []Cell
}

// gridFile is a grid as it is written. Paths in it count from the working directory, as everywhere.
//
//	base: configs/demo.yaml
//	set: [train.epochs=10]
//	seeds: [1, 2, 3]
//	evaluate: [linprobe, knn, finetune]
//	finetune: configs/mini/cifar10-finetune.yaml # settings of finetuning
//	# every combination of their values; names are made of them where none are given
//	axes:
//	  - {name: tau, key: contrast.tau, values: [.1, .2], names: [sharp, soft]}
//	# each at every combination; without axes each once
//	cells:
//	  - {name: mlp, set: [decoder.kind=mlp]}
type gridFile struct {
	Base     string     `yaml:"base"`
	Set      []string   `yaml:"set"`
	Seeds    []uint64   `yaml:"seeds"`
	Evaluate []string   `yaml:"evaluate"`
	Judge    []string   `yaml:"judge"` // what evaluate was called
	Finetune string     `yaml:"finetune"`
	Axes     []gridAxis `yaml:"axes"`
	Cells    []gridCell `yaml:"cells"`
}

type gridAxis struct {
	Name   string      `yaml:"name"`
	Key    string      `yaml:"key"`
	Values []yaml.Node `yaml:"values"`
	Names  []string    `yaml:"names"`
}

type gridCell struct {
	Name string   `yaml:"name"`
	Set  []string `yaml:"set"`
}

// maxCells bounds a grid: more are a mistake in its axes.
const maxCells = 1000

// ReadGrid reads a grid. Its errors are *config.Error with file and line.
func ReadGrid(path string) (*Grid, error) {
	text, err := config.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var g gridFile
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&g); err != nil && !errors.Is(err, io.EOF) {
		return nil, gridError(path, err)
	}
	if len(g.Axes) == 0 && len(g.Cells) == 0 {
		return nil, &config.Error{
			Where: path, Problem: "has neither axes nor cells: there is nothing to sweep",
		}
	}
	for _, f := range []struct{ key, path string }{{"base", g.Base}, {"finetune", g.Finetune}} {
		if _, err := os.Stat(f.path); f.path != "" && err != nil {
			return nil, &config.Error{
				Where: path, Key: f.key,
				Problem: fmt.Sprintf(
					"%q cannot be read; a path in this file counts from the working directory",
					f.path,
				),
				Err: err,
			}
		}
	}
	if len(g.Judge) > 0 && len(g.Evaluate) > 0 {
		return nil, &config.Error{
			Where: path, Key: "judge",
			Problem: "this is what evaluate was called: give one of them",
		}
	}
	cells, err := g.expand(path)
	by := append(g.Evaluate, g.Judge...)
	return &Grid{g.Base, g.Set, g.Seeds, by, g.Finetune, cells}, err
}

var (
	yamlLine     = regexp.MustCompile(`line (\d+): (.*)`)
	unknownField = regexp.MustCompile(`field (\S+) not found in type ablate\.grid(\S+)`)
	wrongType    = regexp.MustCompile("cannot unmarshal !!(\\S+)(?: `(.*)`)? into (\\S+)")
	fieldsOf     = map[string]string{
		"File": "base, set, seeds, evaluate, finetune, axes, cells",
		"Axis": "name, key, values, names", "Cell": "name, set",
	}
)

// gridError puts yaml's error into the user's terms.
func gridError(path string, err error) error {
	e := &config.Error{Where: path, Problem: err.Error(), Err: err}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		e.Where, e.Problem = path+":"+m[1], m[2]
	}
	if m := unknownField.FindStringSubmatch(e.Problem); m != nil {
		e.Problem = fmt.Sprintf("unknown key %q; here belong %s", m[1], fieldsOf[m[2]])
	}
	if m := wrongType.FindStringSubmatch(e.Problem); m != nil {
		want := "a list"
		switch {
		case m[3] == "string":
			want = "a text"
		case m[3] == "uint64":
			want = "a whole number"
		case m[3] == "ablate.gridFile" || m[3] == "ablate.gridAxis" || m[3] == "ablate.gridCell":
			want = "keys: " + fieldsOf[strings.TrimPrefix(m[3], "ablate.grid")]
		}
		e.Problem = fmt.Sprintf("%s found where %s belongs", strings.TrimSpace(m[1]+" "+m[2]), want)
	}
	return e
}

// expand lists every cell at every point of the axes.
func (g gridFile) expand(path string) ([]Cell, error) {
	cells := []Cell{{}}
	if len(g.Cells) > 0 {
		cells = nil
		for i, c := range g.Cells {
			if c.Name == "" {
				return nil, &config.Error{
					Where: path, Problem: fmt.Sprintf("cell %d has no name", i+1),
				}
			}
			cells = append(cells, Cell(c))
		}
	}
	for i, a := range g.Axes {
		switch {
		case a.Key == "":
			return nil, &config.Error{
				Where: path, Problem: fmt.Sprintf("axis %d has no key, such as contrast.tau", i+1),
			}
		case len(a.Values) == 0:
			return nil, &config.Error{Where: path, Key: a.Key, Problem: "this axis has no values"}
		case slices.ContainsFunc(g.Axes[:i], func(b gridAxis) bool { return b.Key == a.Key }):
			return nil, &config.Error{
				Where: path, Key: a.Key,
				Problem: "two axes set this: the later would win; leave one out",
			}
		case len(a.Names) > 0 && len(a.Names) != len(a.Values):
			return nil, &config.Error{
				Where: path, Key: a.Key,
				Problem: fmt.Sprintf(
					"this axis has %d names for %d values", len(a.Names), len(a.Values),
				),
			}
		case len(cells)*len(a.Values) > maxCells:
			return nil, &config.Error{
				Where: path, Problem: fmt.Sprintf("these are more than %d cells", maxCells),
			}
		}
		if a.Name == "" {
			a.Name = a.Key[strings.LastIndexByte(a.Key, '.')+1:]
		}
		var next []Cell
		for _, c := range cells {
			for i, v := range a.Values {
				value, err := valueText(&v)
				if err != nil {
					return nil, &config.Error{
						Where: fmt.Sprintf("%s:%d", path, v.Line), Key: a.Key,
						Problem: "this value cannot be read: " + err.Error(), Err: err,
					}
				}
				next = append(next, c.with(a, i, value))
			}
		}
		cells = next
	}
	return cells, nil
}

// with is the cell at one more coordinate: the i-th value of an axis, which is called by its name
// or by its axis and itself.
func (c Cell) with(a gridAxis, i int, value string) Cell {
	name := a.Name + "-" + strings.Trim(notInNames.ReplaceAllString(value, "-"), "-")
	if len(a.Names) > 0 {
		name = a.Names[i]
	}
	if c.Name != "" {
		name = c.Name + "_" + name
	}
	return Cell{name, append(append([]string(nil), c.Set...), a.Key+"="+value)}
}

// valueText is a value as --set takes it.
func valueText(n *yaml.Node) (string, error) {
	if n.Kind == yaml.ScalarNode {
		return n.Value, nil
	}
	n.Style = yaml.FlowStyle
	text, err := yaml.Marshal(n)
	return strings.TrimSpace(string(text)), err
}
