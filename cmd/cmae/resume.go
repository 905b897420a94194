package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"cmae/internal/report"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
)

// errOverwriteResume refuses two flags that contradict each other.
var errOverwriteResume = usageError{
	errors.New("--resume and --overwrite contradict each other: give one of them"),
}

// runFlags name the run folder of a command that trains, and say what becomes of a run in it.
type runFlags struct {
	out       string
	resume    rundir.Resume
	overwrite bool
}

// add says in the help what names the folder unless --out does.
func (f *runFlags) add(flags *pflag.FlagSet, named string) {
	flags.StringVarP(&f.out, "out", "o", "", "run folder (default runs/ and "+named+")")
	flags.StringVar(
		(*string)(&f.resume), "resume", "",
		"go on from the run's last checkpoint; =auto takes the newest sound one, or starts when "+
			"there is none",
	)
	flags.Lookup("resume").NoOptDefVal = string(rundir.ResumeLast)
	flags.BoolVar(&f.overwrite, "overwrite", false, "replace the run in the run folder")
}

// folder is where the run goes: to --out, or below runs by the name of the file of settings, or of
// the command where there is no file.
func (f *runFlags) folder(settings settingsFlags, command string) string {
	switch {
	case f.out != "":
		return f.out
	case settings.file != "":
		base := filepath.Base(settings.file)
		return filepath.Join("runs", strings.TrimSuffix(base, filepath.Ext(base)))
	}
	return filepath.Join("runs", command)
}

// typed is the command line of this process that goes on with what it has done: without a flag that
// has it begin anew.
func typed() string {
	words := []string{"cmae"}
	for _, word := range os.Args[1:] {
		if strings.HasPrefix(word, "--overwrite") {
			continue
		}
		words = append(words, report.Quoted(word))
	}
	return strings.Join(words, " ")
}

// resuming is the command line that goes on with a run.
func resuming(command, run string) string {
	return fmt.Sprintf("cmae %s --out %s --resume", command, report.Quoted(run))
}

// otherCommand refuses to go on with a run of another command, whose settings are at path.
func otherCommand(path, of, command string) error {
	return usageError{fmt.Errorf(
		"%s is of a %s: go on with: %s", path, of, resuming(command, filepath.Dir(path)),
	)}
}

// settingsToResume reads the settings of the run that a resume goes on with, over which file and
// flags then come, or its checkpoint's where the run has lost its own. --resume=auto where there
// is no checkpoint starts the run anew, by its settings too unless file or flags say others. There
// are none without --resume, or without a run.
func settingsToResume(
	folder string, how rundir.Resume, given settingsFlags,
) (path string, text []byte) {
	if how == rundir.ResumeNever {
		return "", nil
	}
	if how == rundir.ResumeAuto && !checkpoint.Any(folder) {
		if given.file != "" || given.set != nil || !rundir.Folder(folder).Begun() {
			return "", nil
		}
	}
	folders := []string{folder}
	if last, ok := checkpoint.Within(folder); ok {
		folders = append(folders, last)
	}
	for _, f := range folders {
		path = filepath.Join(f, checkpoint.SettingsFile)
		if text, err := rundir.ReadFile(path); err == nil && len(text) > 0 {
			return path, text
		}
	}
	return "", nil // the resume will say what is missing
}
