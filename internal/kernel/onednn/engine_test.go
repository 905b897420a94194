package onednn

import (
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/kernel"
)

func TestOpenErrors(t *testing.T) {
	open(t)
	text := filepath.Join(t.TempDir(), "libdnnl.so.2")
	if err := os.WriteFile(text, []byte("not a library"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/nowhere/libdnnl.so", text, "libm.so.6"} {
		t.Setenv(LibraryVariable, path)
		_, err := Open(0)
		if err == nil {
			t.Fatalf("%s: opened", path)
		}
		for _, part := range []string{path, "apt-get install libdnnl2", LibraryVariable} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: error %q lacks %q", path, err, part)
			}
		}
	}
}

func TestBackend(t *testing.T) {
	e := open(t)
	o := e.opened()
	if strings.Count(o.Library, ".") != 2 {
		t.Errorf("found %q", o.Library)
	}
	if o.Compute != kernel.F32 && o.Compute != kernel.BF16 || o.Why == "" ||
		(o.Compute == kernel.BF16) != (o.SlowBF16 == "") {
		t.Errorf("%s because %q, though %q", o.Compute, o.Why, o.SlowBF16)
	}
	t.Logf("%s: %s", o.Compute, o.Why)
}

func TestFailureNamesThePrimitive(t *testing.T) {
	e := open(t)
	s := spec{kind: matmul}
	s.operands[0], s.operands[1] = dense(kernel.F32, 2, 3), dense(kernel.F32, 4, 5)
	s.operands[2] = dense(kernel.F32, 2, 5)
	defer func() {
		var failure *kernel.Error
		err, _ := recover().(error)
		if !errors.As(err, &failure) || failure.Engine != Name {
			t.Fatalf("panicked with %v", err)
		}
		for _, part := range []string{"matmul", "[2 3]", "invalid arguments"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("error %q lacks %q", err, part)
			}
		}
	}()
	e.run(&s, nil, nil, nil)
}

// A run allocates nothing after its first call, but for a closure for each pass that is Go's: two
// in the gradient of layer normalization, and those that convert what attention in bf16 works on.
func TestRunsWithoutGarbage(t *testing.T) {
	e := open(t)
	r := rand.New(rand.NewPCG(1, 2))
	for _, kind := range []kernel.DType{kernel.F32, kernel.BF16} {
		x, w := normal(e, r, kind, 34, 48), normal(e, r, kind, 64, 48)
		y := normal(e, r, kind, 34, 64)
		dw, db, pre := e.New(kernel.F32, 64, 48), e.New(kernel.F32, 64), e.New(kind, 34, 64)
		res, gamma, row := e.New(kernel.F32, 34, 48), e.New(kernel.F32, 48), normal(
			e, r, kernel.F32, 34,
		)
		qkv, out, probs := normal(e, r, kind, 2, 17, 3*48), e.New(kind, 2, 17, 48), e.New(
			kernel.F32, 2, 4, 17, 17,
		)
		for name, f := range map[string]func(){
			"Linear": func() {
				e.Linear(y, x, w, kernel.Epilogue{Bias: db, Pre: pre, GELU: true})
			},
			"LinearGradInput":  func() { e.LinearGradInput(x, y, w) },
			"LinearGradWeight": func() { e.LinearGradWeight(dw, db, y, x) },
			"Attention":        func() { e.Attention(out, probs, qkv, 4) },
			"AttentionGrad":    func() { e.AttentionGrad(qkv, qkv, probs, out, 4) },
			"LayerNorm":        func() { e.LayerNorm(x, row, row, res, gamma, gamma, 1e-6) },
			"LayerNormGrad": func() {
				e.LayerNormGrad(res, gamma, gamma, res, gamma, row, row, x)
			},
			"GELUGrad": func() { e.GELUGrad(y, pre, y) },
		} {
			if kind == kernel.BF16 && e.lacks16 != nil {
				continue
			}
			passes := 1.0
			switch {
			case name == "LayerNormGrad":
				passes = 2
			case strings.HasPrefix(name, "Attention") && kind == kernel.BF16:
				passes = 4
			}
			if n := testing.AllocsPerRun(10, f); n > passes {
				t.Errorf("%s in %s allocates %v times", name, kind, n)
			}
		}
	}
}

// A CPU without AVX512 has no bf16 in oneDNN 2; everything must still work.
func TestOldCPU(t *testing.T) {
	const marker = "ONEDNN_MAX_CPU_ISA"
	open(t)
	if os.Getenv(marker) != "" {
		return
	}
	cmd := exec.Command(
		os.Args[0], "-test.run=TestAgainstPortable/.*/(Linear|Attention|LayerNorm|GELU)",
	)
	cmd.Env = append(os.Environ(), marker+"=AVX2")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
