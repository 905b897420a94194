package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"cmae/internal/rng"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"cmae": func() { os.Exit(run(os.Args[1:])) }})
}

// TestScripts drives the commands as a shell would: output, errors and exit codes.
func TestScripts(t *testing.T) {
	vectors, err := filepath.Abs("../../internal/tools/verify/testdata")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("VECTORS", vectors)
			e.Setenv("HOME", e.WorkDir) // the cache of decoded images
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "bands": bands},
	})
}

// bands FOLDER makes labelled .npy files of 16x16 pixels of 6 bands: 8 to train on, 4 to test.
func bands(ts *testscript.TestScript, _ bool, args []string) {
	header := fmt.Sprintf("%-117s\n", "{'descr': '|u1', 'fortran_order': False, 'shape': (6, 16, 16), }")
	r := rng.For(1, rng.Synthetic)
	for i := range 12 {
		split := "train"
		if i >= 8 {
			split = "test"
		}
		dir := ts.MkAbs(filepath.Join(args[0], split, string(rune('a'+i%2))))
		ts.Check(os.MkdirAll(dir, 0o755))
		data := append([]byte("\x93NUMPY\x01\x00\x76\x00"), header...)
		for range 6 * 16 * 16 {
			data = append(data, uint8(r.IntN(256)))
		}
		ts.Check(os.WriteFile(filepath.Join(dir, fmt.Sprint(i, ".npy")), data, 0o600))
	}
}

// exits CODE COMMAND... runs a command and demands its exit code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	code := "0"
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		code = "1"
		if exit, ok := err.(interface{ ExitCode() int }); ok {
			code = string(rune('0' + exit.ExitCode()))
		}
	}
	if code != args[0] {
		ts.Fatalf("exit code %s, want %s", code, args[0])
	}
}
