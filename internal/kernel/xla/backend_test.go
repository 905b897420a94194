package xla

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/dl"
	"cmae/internal/kernel"
	"cmae/internal/kernel/pjrt"
)

// without hides every plugin of the machine, and its GPUs' from auto.
func without(t *testing.T) {
	t.Helper()
	t.Setenv(pjrt.LibraryVariable, "")
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	t.Setenv("VIRTUAL_ENV", "")
}

func TestWithoutAPluginThereIsARemedy(t *testing.T) {
	without(t)
	_, err := Backend().Open(kernel.Options{})
	if !errors.Is(err, pjrt.ErrNotFound) || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}

func TestAutoIsSilentWithoutAGPU(t *testing.T) {
	if anyGPU() {
		t.Skip("there is a GPU")
	}
	for _, named := range []bool{false, true} {
		if !named {
			without(t)
		} else {
			t.Setenv(pjrt.LibraryVariable, filepath.Join(t.TempDir(), "none.so"))
		}
		_, err := Backend().Open(kernel.Options{Auto: true})
		if !errors.Is(err, kernel.ErrNoDevice) {
			t.Errorf("a plugin named %v: %v", named, err)
		}
	}
}

func TestAFileThatIsNoPluginIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "text.so")
	if err := os.WriteFile(path, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(pjrt.LibraryVariable, path)
	_, err := Backend().Open(kernel.Options{})
	if errors.Is(err, dl.ErrUnsupported) {
		t.Skip(err)
	}
	if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "; ") {
		t.Errorf("got %v", err)
	}
}

// exhausted is a device without any memory left.
type exhausted struct{ device }

func (exhausted) Upload([]byte, pjrt.Type, []int64) (*pjrt.Buffer, error) {
	return nil, &pjrt.Error{Code: pjrt.Exhausted, Text: "out of memory\nand much more"}
}

func onDevice(d device) (*Engine, error) {
	e, err := newEngine()
	if err == nil {
		e.device = d
	}
	return e, err
}

func TestADeviceWithoutMemoryIsAnError(t *testing.T) {
	e, err := onDevice(exhausted{})
	if err != nil {
		t.Fatal(err)
	}
	err = func() (err error) {
		defer kernel.Catch(&err)
		e.Upload(e.New(kernel.F32, 1), make([]byte, 4))
		return nil
	}()
	if err == nil || !strings.Contains(err.Error(), "; raise train.accumulate") ||
		strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}
