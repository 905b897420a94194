package main

import (
	"github.com/spf13/cobra"

	"cmae/internal/config"
	"cmae/internal/recipe"
)

func newConfigCmd(a *app) *cobra.Command {
	var f settingsFlags
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Print all settings, with comments",
		Long: `Print the settings that a command with the same --config and --set would use, as commented YAML, which is itself a valid configuration.
Every setting may also come from the environment: train.epochs from CMAE_TRAIN_EPOCHS. With --json each is an object of key, doc, type, value, and
default, which is that of the method.`,
		Example: `  cmae config > my.yaml
  cmae config --config configs/demo.yaml --set train.epochs=10`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			c, err := f.load(a, recipe.DefaultPretrain())
			if err != nil {
				return err
			}
			return a.printSettings(c, c.Defaults())
		},
	}
	f.add(cmd.Flags())
	return cmd
}

// printSettings prints settings as YAML, or as JSON beside what they are where nobody sets them.
func (a *app) printSettings(settings, defaults any) error {
	if a.json {
		return a.print(config.Keys(settings, defaults), nil)
	}
	return config.Print(a.out, settings)
}
