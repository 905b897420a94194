package mpi

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	"cmae/internal/dl"
)

// LibraryVariable names the environment variable that points at the library to use.
const LibraryVariable = "CMAE_MPI_LIB"

// library is an MPI library: its functions, and the handles that it means things by. Open MPI has
// addresses of symbols for them, MPICH and all with its ABI have numbers.
type library struct {
	path, version string
	world, bytes  uintptr
	functions     map[string]uintptr
}

// The numbers of MPICH's ABI.
const (
	mpichWorld = 0x44000000
	mpichByte  = 0x4c00010d
)

// functions are all that is called.
var functions = []string{
	"MPI_Init_thread", "MPI_Finalize", "MPI_Abort", "MPI_Comm_rank", "MPI_Comm_size",
	"MPI_Get_library_version", "MPI_Iallgather", "MPI_Ialltoall", "MPI_Ibcast", "MPI_Isend",
	"MPI_Irecv", "MPI_Test",
}

// folders are searched besides the dynamic linker's own.
var folders = []string{
	"/usr/lib64/openmpi/lib", "/usr/lib64/mpich/lib", "/usr/lib/x86_64-linux-gnu/openmpi/lib",
	"/usr/lib/aarch64-linux-gnu/openmpi/lib", "/opt/openmpi/lib", "/usr/local/lib",
}

// find opens the library that the environment names, else the first of the names that opens.
func find(names []string) (*library, error) {
	if path := os.Getenv(LibraryVariable); path != "" {
		l, err := load(path)
		if err != nil {
			return nil, fmt.Errorf(
				"open library %q: %w; name another one in %s", path, err, LibraryVariable,
			)
		}
		return l, nil
	}
	var broken error
	for _, name := range names {
		for _, path := range candidates(name) {
			l, err := load(path)
			if err == nil {
				return l, nil
			}
			if filepath.IsAbs(path) && broken == nil {
				broken = fmt.Errorf("open library %q: %w", path, err)
			}
		}
	}
	if broken == nil {
		broken = fmt.Errorf("none of %s found", strings.Join(names, ", "))
	}
	return nil, fmt.Errorf(
		"%w; install openmpi-bin or mpich, or name the library in %s", broken, LibraryVariable,
	)
}

// candidates are the bare name, for the linker, and the files of that name.
func candidates(name string) []string {
	found := []string{name}
	for _, folder := range folders {
		path := filepath.Join(folder, name)
		if _, err := os.Stat(path); err == nil {
			found = append(found, path)
		}
	}
	return found
}

// load opens a library and finds out of which kind it is.
func load(path string) (*library, error) {
	handle, err := dl.Open(path, true) // for the parts that Open MPI loads itself
	if err != nil {
		return nil, err
	}
	l := &library{path: path, functions: map[string]uintptr{}}
	for _, name := range functions {
		if l.functions[name], err = handle.Symbol(name); err != nil {
			return nil, err
		}
	}
	l.world, l.bytes = mpichWorld, mpichByte
	if world, err := handle.Symbol("ompi_mpi_comm_world"); err == nil {
		l.world = world
		if l.bytes, err = handle.Symbol("ompi_mpi_byte"); err != nil {
			return nil, err
		}
	}
	l.version = l.versionText()
	return l, nil
}

// versionText is the library's own, as "Open MPI v4.1.4".
func (l *library) versionText() string {
	text, length := kept[[8192]byte](), kept[int32]() // longer than any library's limit
	l.call("MPI_Get_library_version", pointer(text), pointer(length))
	line, _, _ := strings.Cut(string(text[:*length]), "\n")
	line, _, _ = strings.Cut(line, ",")
	return strings.Join(strings.Fields(strings.ReplaceAll(line, "Version:", "")), " ")
}

// call calls a function of the library by its name, and returns its error code. What args point at
// lives in the heap, and is kept alive by the caller.
func (l *library) call(name string, args ...uintptr) int {
	code, _ := dl.Call(l.functions[name], args...)
	return int(int32(code))
}

func addressOf(b []byte) uintptr {
	if len(b) == 0 {
		return 0
	}
	return uintptr(unsafe.Pointer(&b[0]))
}

func pointer[T any](p *T) uintptr { return uintptr(unsafe.Pointer(p)) }

// kept is memory that does not move, as that on a stack may.
//
//go:noinline
func kept[T any]() *T { return new(T) }
