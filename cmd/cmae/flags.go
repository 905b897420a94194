package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"cmae/internal/comm/mpi"
	"cmae/internal/config"
	"cmae/internal/dataset/heif"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/kernel/backend"
	"cmae/internal/method"
	"cmae/internal/recipe"
)

// settingsFlags are how every command takes its settings.
type settingsFlags struct {
	file string
	set  []string
}

func (f *settingsFlags) add(flags *pflag.FlagSet) {
	flags.StringVarP(
		&f.file, "config", "c", "", "YAML file with settings; see \"cmae config\" for all of them",
	)
	flags.StringArrayVar(
		&f.set, "set", nil, "change one setting, as in --set train.epochs=10; may be repeated",
	)
}

// load resolves the settings: base < file < environment < --set.
func (f *settingsFlags) load(a *app, base recipe.Pretrain) (recipe.Pretrain, error) {
	c, err := method.Load(base, f.source(a))
	c.Data = c.Data.ForCrops(c.Augment.ScaleMin)
	return c, err
}

// source is where settings come from. What names a library in the environment is no setting.
func (f *settingsFlags) source(a *app) config.Source {
	return config.Source{
		File: f.file, Set: f.set, Env: a.environ,
		IgnoreEnv: append(backend.Variables(), heif.LibraryVariable, mpi.LibraryVariable),
		Note:      func(text string) { a.console().Warn("%s", text) },
	}
}

// encoderFlags name the encoder that a command reads.
type encoderFlags struct {
	settingsFlags
	from    string
	random  bool
	images  []string // that will be encoded in place of the settings' own
	patches bool     // there is a feature of every patch
}

func (f *encoderFlags) add(flags *pflag.FlagSet) {
	f.settingsFlags.add(flags)
	flags.StringVar(
		&f.from, "from", "",
		"run, checkpoint or safetensors file with the encoder (also as an argument)",
	)
	flags.StringVar(&f.from, "init-from", "", "the same as --from")
	flags.BoolVar(&f.random, "random", false, "take an encoder with random weights")
}

// named is the encoder that --from or an argument names, "" where neither does.
func named(from string, args []string) (string, error) {
	switch {
	case len(args) == 0:
		return from, nil
	case from != "":
		return "", usageError{errors.New("give the encoder once: as an argument or with --from")}
	}
	return args[0], nil
}

// options are the encoder that flags and arguments name: with the settings of its run, changed by
// file and flags.
func (f *encoderFlags) options(a *app, args []string) (encoder.Options, error) {
	from, err := named(f.from, args)
	if err != nil {
		return encoder.Options{}, err
	}
	switch {
	case from == "" && !f.random:
		return encoder.Options{}, usageError{
			errors.New("give an encoder: a run, a checkpoint or a safetensors file, or --random"),
		}
	case from != "" && f.random:
		return encoder.Options{}, excluded("--random", from)
	}
	return encoder.Options{
		From: from, Changes: f.source(a), Images: f.images, Patches: f.patches,
		Console: a.console(),
	}, nil
}

// read opens the encoder that flags and arguments name and hands it to use.
func (f *encoderFlags) read(a *app, args []string, use func(*encoder.Encoder) error) error {
	o, err := f.options(a, args)
	if err != nil {
		return err
	}
	return read(o, use)
}

// read opens an encoder and hands it to use.
func read(o encoder.Options, use func(*encoder.Encoder) error) (err error) {
	e, err := encoder.Open(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	return use(e)
}

// excluded is the error of a flag that stands in place of an encoder, beside one.
func excluded(flag, encoder string) error {
	return usageError{
		fmt.Errorf("%s takes no encoder, and got %q: leave one of them out", flag, encoder),
	}
}

// print writes a result: as JSON when asked, else by text.
func (a *app) print(result any, text func()) error {
	if !a.json {
		text()
		return nil
	}
	return a.printJSON(result)
}

func (a *app) printJSON(result any) error {
	enc := json.NewEncoder(a.out)
	enc.SetIndent("", "  ")
	if err := enc.Encode(result); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}
