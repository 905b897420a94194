package ablate

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// numbers is a table of three cells and three seeds, the last cell without a result.
func numbers() *Table {
	row := func(name, tau string, accuracies ...float64) Row {
		r := Row{Cell: Cell{name, []string{"contrast.tau=" + tau}}}
		for i, a := range accuracies {
			r.Runs = append(r.Runs, Result{
				Cell: name, Seed: uint64(i + 1), Accuracy: map[Evaluator]float64{KNN: a},
			})
		}
		r.summarise([]Evaluator{KNN})
		return r
	}
	return &Table{
		Name: "tau", Seeds: []uint64{1, 2, 3}, Evaluators: []Evaluator{KNN},
		Rows: []Row{
			row("base", ".1", .50, .52, .54), row("a_b", ".2", .53, .54, .58), row("none", "1"),
		},
	}
}

// TestCompare: differences of .03, .02 and .04 have t = 5.196 with two degrees of freedom.
func TestCompare(t *testing.T) {
	table := numbers()
	d := table.compare(table.Rows[1], table.Rows[0], KNN)
	if d == nil || math.Abs(d.Mean-.03) > 1e-9 || d.Pairs != 3 {
		t.Fatalf("difference %+v", d)
	}
	if math.Abs(d.P-.035098) > 1e-5 || math.Abs(100*d.Half-2.484138) > 1e-5 {
		t.Errorf("p %v, half width %v", d.P, d.Half)
	}
	if d := table.compare(table.Rows[2], table.Rows[0], KNN); d != nil {
		t.Errorf("no pairs gave %+v", d)
	}
	if d := pairedTest([]float64{.1, .1}); !math.IsNaN(d.P) {
		t.Errorf("equal differences have p %v", d.P)
	}
}

func TestReport(t *testing.T) {
	table := numbers()
	if table.Folder = t.TempDir(); IsSweep(table.Folder) {
		t.Error("an empty folder is a sweep")
	}
	if err := table.write(); err != nil {
		t.Fatal(err)
	}
	path, err := Report(table.Folder, "cmae test")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Sweep: tau", "&#43;3.0 ± 2.5", ".035", "contrast.tau", "cmae test", "<svg",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	tex, err := os.ReadFile(filepath.Join(table.Folder, "table.tex"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`a\_b & $\mathbf{55.0} \pm 2.6$ & $+3.0$ \\`, `base & $52.0 \pm 2.0$ & -- \\`,
		`none & -- & -- \\`,
	} {
		if !strings.Contains(string(tex), want) {
			t.Errorf("table.tex lacks %q:\n%s", want, tex)
		}
	}
	if _, err := readTable(t.TempDir()); err == nil {
		t.Error("a folder without a table was read")
	}
}

func TestSwept(t *testing.T) {
	rows := []Row{
		{Cell: Cell{"a", []string{"x=1", "y=2", "k=mlp"}}},
		{Cell: Cell{"b", []string{"x=2", "y=2", "k=mlp"}}},
		{Cell: Cell{"c", []string{"x=1", "y=3", "k=conv"}}},
		{Cell: Cell{"d", []string{"x=2", "y=3", "k=conv"}}},
	}
	got := swept(rows)
	if len(got) != 1 || got[0].key != "x" { // no two cells differ in y alone, and k has words
		t.Errorf("swept %+v", got)
	}
}
