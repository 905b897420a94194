package pjrt

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cmae/internal/dl"
)

// LibraryVariable names the environment variable that points at the plugin to use.
const LibraryVariable = "CMAE_PJRT_LIB"

// ErrNotFound says that no plugin was found, and what to do about it.
var ErrNotFound = errors.New("pjrt: find plugin: none found; run scripts/fetch-xla.sh cuda13" +
	" (NVIDIA), rocm (AMD) or cpu, or name a plugin's .so in " + LibraryVariable)

// Kind is a kind of device, and the plugin that drives it.
type Kind struct {
	Name    string // of its folder, and for scripts/fetch-xla.sh
	Vendor  string
	Package string   // of PyPI, that holds the plugin
	Files   []string // where the plugin is in its folder, as patterns
	Nodes   []string // of devices; without one of them there is none. A CPU needs none
}

// cpu is the kind of devices that are always there.
const cpu = "cpu"

// Kinds are those that are looked for, the preferred first.
func Kinds() []Kind {
	return []Kind{
		{
			"cuda13", "NVIDIA", "jax-cuda13-pjrt",
			[]string{"jax_plugins/xla_cuda1?/xla_cuda_plugin.so"},
			[]string{"/dev/nvidiactl", "/dev/dxg"},
		},
		{
			"rocm", "AMD", "jax-rocm7-pjrt",
			[]string{"jax_plugins/xla_rocm*/xla_rocm_plugin.so"}, []string{"/dev/kfd"},
		},
		{cpu, "any", "lammps-jax-pjrt-cpu", []string{"*/pjrt_c_api_cpu_plugin.so"}, nil},
	}
}

// Found is a plugin's file.
type Found struct {
	Path string
	Root string // the folder with what belongs to it; "" where it stands alone
	Kind Kind   // the zero Kind where the user named the file
}

// Present tells whether a device of the kind can be there: without one its plugin, of hundreds of
// megabytes, need not be opened.
func (k Kind) Present() bool {
	return len(k.Nodes) == 0 || slices.ContainsFunc(k.Nodes, func(node string) bool {
		_, err := os.Stat(node)
		return err == nil
	})
}

// GPU tells whether a GPU of the kind can be there.
func (k Kind) GPU() bool { return len(k.Nodes) > 0 && k.Present() }

// Find lists the plugins that are there: the one that the environment names and no other, else
// those in the folders where scripts/fetch-xla.sh or pip puts them.
func Find() []Found {
	if path := os.Getenv(LibraryVariable); path != "" {
		return []Found{{Path: path, Root: rootOf(path)}}
	}
	var list []Found
	for _, k := range Kinds() {
		for _, root := range roots(k) {
			for _, pattern := range k.Files {
				files, _ := filepath.Glob(filepath.Join(root, pattern))
				for _, path := range files {
					list = append(list, Found{path, root, k})
				}
			}
		}
	}
	return list
}

// roots are the folders that plugins of a kind may be unpacked in.
func roots(k Kind) []string {
	var list []string
	if data := Folder(); data != "" {
		list = append(list, filepath.Join(data, k.Name))
	}
	if environment := os.Getenv("VIRTUAL_ENV"); environment != "" {
		sites, _ := filepath.Glob(filepath.Join(environment, "lib/python3*/site-packages"))
		list = append(list, sites...)
	}
	return list
}

// Folder is the user's folder of plugins, "" where the system knows no home.
func Folder() string {
	data := os.Getenv("XDG_DATA_HOME")
	if data == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		data = filepath.Join(home, ".local/share")
	}
	return filepath.Join(data, "cmae", "xla")
}

// rootOf is the folder of a plugin in one of Python's packages.
func rootOf(path string) string {
	if root := filepath.Dir(filepath.Dir(filepath.Dir(path))); root != "." &&
		filepath.Base(filepath.Dir(filepath.Dir(path))) == "jax_plugins" {
		return root
	}
	return ""
}

// vendor are libraries that plugins look up by name and not by folder, in the order in which they
// need each other.
var vendor = []string{
	"cudart", "nvrtc-builtins", "nvrtc", "nvJitLink", "cublasLt", "cublas", "nccl", "cupti",
	"cusparse", "cusolver", "cufft", "nvshmem_host", "cudnn",
}

// Load opens the plugin and, before it, the vendor's libraries beside it.
func (f Found) Load() (*Plugin, error) {
	// what fails comes back as an error; the variable only makes libraries quieter
	_ = dl.Setenv("TF_CPP_MIN_LOG_LEVEL", "3", false)
	if f.Root != "" {
		for _, name := range vendor {
			files, _ := filepath.Glob(filepath.Join(f.Root, "nvidia/*/lib/lib"+name+".so*"))
			for _, file := range files {
				// what cannot be opened is reported by the plugin, if it needs it
				_, _ = dl.Open(file, true)
			}
		}
	}
	p, err := Load(f.Path)
	if err != nil {
		return nil, f.Broken(err)
	}
	p.kind = f.Kind
	return p, nil
}

// Flags tell the compiler where the vendor's tools are, if they are there. Callers may add others.
func (f Found) Flags() Options {
	flags := Options{}
	if f.Root == "" {
		return flags
	}
	tools, _ := filepath.Glob(filepath.Join(f.Root, "nvidia/*/nvvm/libdevice"))
	if len(tools) > 0 {
		flags["xla_gpu_cuda_data_dir"] = filepath.Dir(filepath.Dir(tools[0]))
	}
	return flags
}

// Broken is the error for a plugin that is there but of no use.
func (f Found) Broken(err error) error {
	switch {
	case errors.Is(err, dl.ErrUnsupported):
		return fmt.Errorf("pjrt: %w", err)
	case errors.Is(err, ErrOption):
		return err
	}
	remedy := "run scripts/fetch-xla.sh " + f.Kind.Name
	switch f.Kind.Name {
	case "":
		remedy = "name an OpenXLA PJRT plugin in " + LibraryVariable + " and install its " +
			"device's driver, or unset it and run scripts/fetch-xla.sh cuda13, rocm or cpu"
	case "rocm":
		remedy += ", and install AMD's ROCm 7 and driver"
	case "cuda13":
		remedy += ", and install NVIDIA's driver 580 or later"
	}
	text := strings.TrimPrefix(oneLine(err.Error()), f.Path+": ")
	text = strings.TrimSuffix(text, ".")
	return fmt.Errorf("pjrt: open plugin %q: %s; %s", f.Path, text, remedy)
}
