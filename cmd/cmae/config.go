package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"cmae/internal/config"
	"cmae/internal/method"
	"cmae/internal/recipe"
)

// The recipes that there are settings of, by the names of the commands that train them.
const (
	ofPretrain = "pretrain"
	ofFinetune = "finetune"
)

func newConfigCmd(a *app) *cobra.Command {
	var o configOptions
	cmd := &cobra.Command{
		Use:   "config [pretrain|finetune]",
		Short: "Print all settings, with comments",
		Long: `Print the settings that a command with the same --config and --set would use, as
commented YAML, which is itself a valid configuration: those of pretraining, or of finetuning from
random weights.

Every setting may also come from the environment: train.epochs from CMAE_TRAIN_EPOCHS. With --json
each is an object of key, doc, type, choices, bounds (min or above, max or below), value, and
default, which is that of the method. --schema prints a JSON schema by which an editor completes
and checks a configuration; --markdown the page docs/settings.md, on all settings.`,
		Example: `  cmae config > my.yaml
  cmae config --config configs/demo.yaml --set train.epochs=10
  cmae config finetune --schema > finetune.schema.json`,
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{ofPretrain, ofFinetune},
		RunE:      func(_ *cobra.Command, args []string) error { return o.run(a, args) },
	}
	o.settings.add(cmd.Flags())
	cmd.Flags().BoolVar(&o.schema, "schema", false, "print a JSON schema of configurations")
	cmd.Flags().BoolVar(&o.markdown, "markdown", false, "print a page on all settings")
	return cmd
}

type configOptions struct {
	settings         settingsFlags
	schema, markdown bool
}

func (o *configOptions) run(a *app, args []string) error {
	of := ofPretrain
	if len(args) == 1 {
		of = args[0]
	}
	switch {
	case o.markdown && a.json:
		return usageError{errors.New("--markdown prints a page and --json JSON: give one")}
	case o.schema && o.markdown:
		return usageError{errors.New("--schema and --markdown print different things: give one")}
	case o.schema:
		title := fmt.Sprintf("cmae: a configuration of %s", of)
		return a.printJSON(config.Schema(title, defaultsOf(of)))
	case o.markdown:
		_, err := fmt.Fprint(a.out, settingsPage())
		return err
	}
	if of == ofFinetune {
		c := recipe.DefaultFinetune()
		err := config.Load(&c, o.settings.source(a))
		if err != nil {
			return err
		}
		return a.printSettings(c, recipe.DefaultFinetune())
	}
	c, err := o.settings.load(a, method.Default())
	if err != nil {
		return err
	}
	all := method.All()
	return a.printSettings(all.Settings(c), all.Settings(all.Unset(c)))
}

// printSettings prints settings as YAML, or as JSON beside what they are where nobody sets them.
func (a *app) printSettings(settings, defaults any) error {
	if a.json {
		return a.printJSON(config.Keys(settings, defaults))
	}
	return config.Print(a.out, settings)
}

// defaultsOf is a pointer to the default settings of a recipe.
func defaultsOf(name string) any {
	if name == ofFinetune {
		c := recipe.DefaultFinetune()
		return &c
	}
	return method.All().Settings(method.Default())
}

// settingsOf is a pointer to what the settings of a command with these arguments are by default.
func settingsOf(cmd *cobra.Command, args []string) any {
	if cmd.Name() == ofFinetune || cmd.Name() == "config" && slices.Contains(args, ofFinetune) {
		return defaultsOf(ofFinetune)
	}
	return defaultsOf(ofPretrain)
}

// settingsPage is docs/settings.md.
func settingsPage() string {
	var b strings.Builder
	b.WriteString(`# Settings

This page is made by ` + "`make docs`" + ` from what the program reads. ` + "`cmae config`" + ` prints the
same settings as a commented configuration, ` + "`cmae config --schema`" + ` as a JSON schema for editors.
A setting is given in a file (` + "`--config`" + `), by ` + "`--set section.key=value`" + `, or in the
environment: ` + "`train.epochs`" + ` as ` + "`CMAE_TRAIN_EPOCHS`" + `.

## Pretraining

`)
	pretrain := defaultsOf(ofPretrain)
	b.WriteString(config.Page(pretrain, func(config.Key) bool { return true }))
	b.WriteString("\n## What a method brings\n\nNaming a method changes these defaults:\n")
	for _, m := range method.All()[1:] {
		set := []string{"method=" + m.Name()}
		c, err := method.Load(method.Default(), config.Source{Set: set})
		if err != nil {
			panic(err) // a method whose own defaults do not fit together
		}
		fmt.Fprintf(&b, "\n- `%s`\n", m.Name())
		for _, change := range config.Diff(method.Default(), c, "method") {
			fmt.Fprintf(&b, "  - `%s`: %s\n", change.Key, change.New)
		}
	}
	b.WriteString(`
## Finetuning

The settings that only ` + "`cmae finetune`" + ` has, or that have another meaning or default there. All
others are as above; encoder and data are those of the run that finetuning starts from.

`)
	known := map[string]config.Key{}
	for _, k := range config.Keys(pretrain, pretrain) {
		known[k.Path] = k
	}
	b.WriteString(config.Page(recipe.DefaultFinetune(), func(k config.Key) bool {
		of, ok := known[k.Path]
		return !ok || of.Doc != k.Doc || fmt.Sprint(of.Default) != fmt.Sprint(k.Default)
	}))
	return b.String()
}
