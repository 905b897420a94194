package onednn

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"cmae/internal/dl"
)

// LibraryVariable names the environment variable that points at the library to use.
const LibraryVariable = "CMAE_ONEDNN_LIB"

// ErrNotFound says that no library was found, and what to do about it.
var ErrNotFound = errors.New(
	"onednn: find library: none found; install it (apt-get install libdnnl2; libdnnl3.6 on " +
		"Debian 13) or name a libdnnl.so in " + LibraryVariable,
)

// folders are searched besides the dynamic linker's own, which goes by exact names: Debian 13 has
// libdnnl.so.3.7 and no libdnnl.so.3.
var folders = []string{
	"/usr/local/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64",
	"/opt/intel/oneapi/dnnl/latest/lib",
}

// findLibrary opens the library that the environment names, else the first candidate that works,
// and tells its path.
func findLibrary() (*library, string, error) {
	if path := os.Getenv(LibraryVariable); path != "" {
		l, err := loadLibrary(path)
		if err != nil {
			return nil, "", broken(path, err)
		}
		return l, path, nil
	}
	var first error
	for _, path := range candidates() {
		l, err := loadLibrary(path)
		if err == nil {
			return l, path, nil
		}
		if errors.Is(err, dl.ErrUnsupported) {
			return nil, "", broken(path, err)
		}
		if filepath.IsAbs(path) && first == nil { // a file that is there but does not open
			first = broken(path, err)
		}
	}
	if first != nil {
		return nil, "", first
	}
	return nil, "", ErrNotFound
}

// broken is the error for a library that is there but of no use.
func broken(path string, err error) error {
	if errors.Is(err, dl.ErrUnsupported) {
		return fmt.Errorf("onednn: %w", err)
	}
	return fmt.Errorf(
		"onednn: open library %q: %w; install oneDNN 2.x or 3.x built for OpenMP (apt-get "+
			"install libdnnl2) or name one in %s",
		path, err, LibraryVariable,
	)
}

// candidates are bare names for the linker and files, version 3 first.
func candidates() []string {
	var found []string
	for _, name := range []string{"libdnnl.so.3", "libdnnl.so.2", "libdnnl.so"} {
		found = append(found, name)
		for _, folder := range folders {
			files, _ := filepath.Glob(filepath.Join(folder, name+"*"))
			slices.Sort(files)
			slices.Reverse(files)
			found = append(found, files...)
		}
	}
	return found
}
