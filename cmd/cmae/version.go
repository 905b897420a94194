package main

import (
	_ "embed"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
)

// licences are the texts of what is linked and embedded. scripts/licences writes them.
//
//go:embed licences.txt
var licences string

func newVersionCmd(a *app) *cobra.Command {
	var texts bool
	cmd := &cobra.Command{
		Use: "version", Short: "Print the version",
		Example: "  cmae version --json\n  cmae version --licences",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if texts {
				return a.print(map[string]string{"licences": licences}, func() {
					fmt.Fprint(a.out, licences)
				})
			}
			v := map[string]string{
				"version": version(), "go": runtime.Version(),
				"platform": runtime.GOOS + "/" + runtime.GOARCH,
			}
			if hash, at := commit(); hash != "" {
				v["commit"], v["date"] = hash, at.Format(time.RFC3339)
			}
			return a.print(v, func() { fmt.Fprintln(a.out, versionLine()) })
		},
	}
	cmd.Flags().BoolVar(
		&texts, "licences", false, "print the licences of what is in the binary in its place",
	)
	return cmd
}

func versionLine() string {
	from := ""
	if hash, at := commit(); hash != "" {
		from = fmt.Sprintf(" (%.10s, %s)", hash, at.Format(time.DateOnly))
	}
	return fmt.Sprintf(
		"%s%s %s %s/%s", tool(), from, runtime.Version(), runtime.GOOS, runtime.GOARCH,
	)
}

func tool() string { return "cmae " + version() }

// release is the version of a release, which `make release` sets at the linker.
var release string

// version is the version of a release, or what the go command stamped into the binary: the module's
// version, or the commit.
func version() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	if hash, _ := commit(); hash != "" && (v == "" || v == "(devel)") {
		v = hash
	}
	if v == "" {
		v = "(devel)"
	}
	return v
}

// commit is what the binary was built of and when that was made; empty where the go command did not
// see the repository.
func commit() (hash string, at time.Time) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", at
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			hash = s.Value
		case "vcs.time":
			at, _ = time.Parse(time.RFC3339, s.Value)
		}
	}
	return hash, at
}
