package main

import (
	_ "embed"
	"fmt"
	"runtime"
	"runtime/debug"

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
			return a.print(v, func() { fmt.Fprintln(a.out, versionLine()) })
		},
	}
	cmd.Flags().BoolVar(
		&texts, "licences", false, "print the licences of what is in the binary in its place",
	)
	return cmd
}

func versionLine() string {
	return fmt.Sprintf("%s %s %s/%s", tool(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

func tool() string { return "cmae " + version() }

// version is what the go command stamped into the binary: a release's tag, or the commit.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (v == "" || v == "(devel)") {
			v = s.Value
		}
	}
	if v == "" {
		v = "(devel)"
	}
	return v
}
