package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cmae/internal/config"
	"cmae/internal/rundir"
)

// errNoImages refuses a command that is to look at images and names none.
var errNoImages = usageError{errors.New("give images: files or folders, after the run")}

// errFolderSplit refuses a split of images that are a plain folder.
var errFolderSplit = usageError{
	errors.New("--split: a folder of images has no splits; leave it out"),
}

// mustEnd refuses the path of a file to write, given by flag, whose name does not end in one of
// ends, and so does not say what the file holds, or where a folder is.
func mustEnd(flag, path string, ends ...string) error {
	if slices.Contains(ends, filepath.Ext(path)) {
		if isFolder(path) {
			return usageError{fmt.Errorf("%s: %q is a folder", flag, path)}
		}
		return nil
	}
	return usageError{
		fmt.Errorf("%s: %q must end in %s", flag, path, strings.Join(ends, " or ")),
	}
}

// usageErrors makes refused arguments a usage error that says what was probably meant, in cmd and
// below it.
func usageErrors(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return argumentError(cmd, args, err)
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		usageErrors(sub)
	}
}

// argumentError is about arguments that a command refuses: the last of them is one too many, or
// there are too few.
func argumentError(cmd *cobra.Command, args []string, err error) error {
	switch {
	case len(args) == 0:
		return usageError{err}
	case cmd.HasSubCommands():
		return unknownCommand(cmd, args[0])
	}
	last := args[len(args)-1]
	if !strings.Contains(cmd.Use, " ") {
		err = fmt.Errorf("%q takes no argument, and got %q", cmd.CommandPath(), last)
	}
	return usageError{fmt.Errorf("%w%s", err, meant(flagFor(cmd, last)...))}
}

// flagFor guesses the flag that an argument was to be the value of.
func flagFor(cmd *cobra.Command, arg string) []string {
	has := func(flag string) bool { return cmd.Flags().Lookup(flag) != nil }
	_, _, assigns := strings.Cut(arg, "=")
	switch ext := filepath.Ext(arg); {
	case has("resume") && (arg == string(rundir.ResumeAuto) || arg == string(rundir.ResumeLast)):
		return []string{"--resume=" + arg}
	case has("set") && assigns:
		return []string{"--set " + arg}
	case has("config") && (ext == ".yaml" || ext == ".yml"):
		return []string{"--config " + arg}
	}
	return nil
}

// meant is the tail of an error: what would have been right.
func meant(choices ...string) string {
	if len(choices) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(choices, " or ") + "?"
}

func unknownCommand(cmd *cobra.Command, name string) error {
	cmd.SuggestionsMinimumDistance = 2
	return usageError{
		fmt.Errorf(
			"unknown command %q for %q%s", name, cmd.CommandPath(),
			meant(cmd.SuggestionsFor(name)...),
		),
	}
}

// helpTopic refuses to help with what is no command.
func helpTopic(help *cobra.Command, args []string) error {
	cmd, rest, err := help.Root().Find(args)
	if err == nil && len(rest) > 0 {
		return unknownCommand(cmd, rest[0])
	}
	return err
}

// flagError is about a flag that cmd refuses. An unknown one may be a setting, or one of a command
// that there is not.
func (a *app) flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return usageError{err}
	}
	before := cmd.Flags().Args()
	if cmd.HasSubCommands() && len(before) > 0 {
		return unknownCommand(cmd, before[0])
	}
	var choices []string
	if cmd.Flags().Lookup("set") != nil {
		flag := unknown.GetSpecifiedName()
		for _, k := range config.Keys(settingsOf(cmd, before), settingsOf(cmd, before)) {
			if name := strings.ReplaceAll(flag, "-", "_"); k.Path == name ||
				strings.HasSuffix(k.Path, "."+name) {
				choices = append(choices, "--set "+k.Path+"="+a.valueOf("--"+flag))
			}
		}
	}
	return usageError{fmt.Errorf("%w%s", err, meant(choices...))}
}

// valueOf is what the command line gives to a flag.
func (a *app) valueOf(flag string) string {
	i := slices.IndexFunc(
		a.args, func(arg string) bool { return arg == flag || strings.HasPrefix(arg, flag+"=") },
	)
	switch {
	case i < 0:
	case a.args[i] != flag:
		return a.args[i][len(flag)+1:]
	case i+1 < len(a.args) && !strings.HasPrefix(a.args[i+1], "-"):
		return a.args[i+1]
	}
	return "VALUE"
}
