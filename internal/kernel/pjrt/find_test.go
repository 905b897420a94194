package pjrt

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"

	"cmae/internal/dl"
)

// oneLineWith checks an error's text.
func oneLineWith(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range append(parts, "; ") {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than one line: %q", err)
	}
}

func TestWhatIsNoPluginIsAnErrorWithItsRemedy(t *testing.T) {
	text := filepath.Join(t.TempDir(), "plugin.so")
	if err := os.WriteFile(text, []byte("no library at all\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{
		text:                     "plugin.so",
		"/nonexistent/plugin.so": "No such file",
		"libc.so.6":              "no function GetPjrtApi",
	} {
		_, err := Found{Path: path}.Load()
		if errors.Is(err, dl.ErrUnsupported) {
			t.Skip(err)
		}
		oneLineWith(t, err, path, says, LibraryVariable)
	}
}

func TestAnotherVersionIsRefused(t *testing.T) {
	for _, version := range [][2]int32{{1, 0}, {0, oldestMinor - 1}} {
		table := [10]int32{8: version[0], 9: version[1]}
		p := &Plugin{table: unsafe.Pointer(&table)}
		oneLineWith(t, Found{Path: "p.so"}.Broken(p.readVersion()), "is needed")
	}
	table := [10]int32{8: major, 9: oldestMinor + 100}
	if err := (&Plugin{table: unsafe.Pointer(&table)}).readVersion(); err != nil {
		t.Error(err)
	}
}

func TestAMissingVendorLibraryNamesItsVendor(t *testing.T) {
	missing := errors.New("libcudart.so.13: cannot open shared object file: No such file")
	for _, k := range Kinds()[:2] {
		oneLineWith(t, Found{Path: "p.so", Kind: k}.Broken(missing), k.Vendor, "libcudart")
	}
}

func TestPluginsAreFoundWhereTheyAreUnpacked(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_DATA_HOME", home)
	t.Setenv("VIRTUAL_ENV", "")
	t.Setenv(LibraryVariable, "")
	if found := Find(); len(found) > 0 {
		t.Errorf("an empty folder has %v", found)
	}
	root := filepath.Join(home, "cmae/xla/cuda13")
	path := filepath.Join(root, "jax_plugins/xla_cuda13/xla_cuda_plugin.so")
	tools := filepath.Join(root, "nvidia/cu13/nvvm/libdevice")
	for _, folder := range []string{filepath.Dir(path), tools} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	found := Find()
	if len(found) != 1 || found[0].Path != path || found[0].Kind.Name != "cuda13" {
		t.Fatalf("found %v", found)
	}
	if got := found[0].Flags()["xla_gpu_cuda_data_dir"]; got != filepath.Dir(filepath.Dir(tools)) {
		t.Errorf("tools in %q", got)
	}
	t.Setenv(LibraryVariable, path)
	if named := Find(); len(named) != 1 || named[0].Root != root {
		t.Errorf("named: %v", named)
	}
}
