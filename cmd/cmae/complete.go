package main

import (
	"strings"

	"github.com/spf13/cobra"

	"cmae/internal/config"
	"cmae/internal/evaluate/embed"
	"cmae/internal/kernel/backend"
	"cmae/internal/rundir"
	"cmae/internal/tools/ablate"
)

// complete tells a shell what the flags of cmd and of the commands below it may be. Those that it
// does not name take files.
func complete(cmd *cobra.Command) {
	yamlFiles := cobra.FixedCompletions(
		[]string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt,
	)
	for flag, values := range map[string]cobra.CompletionFunc{
		"set": completeSetting, "config": yamlFiles, "finetune-config": yamlFiles,
		"evaluate": completeEvaluators, "judge": completeEvaluators,
		"engine": oneOf(backend.Names()...), "precision": oneOf(backend.Precisions()...),
		"split":  oneOf(embed.Train, embed.Test, embed.All),
		"resume": oneOf(rundir.ResumeLast, rundir.ResumeAuto),
		"seeds":  oneOf[string](), "seed": oneOf[string](), "batch": oneOf[string](),
		"steps": oneOf[string](), "count": oneOf[string](), "crops": oneOf[string](),
		"top": oneOf[string](), "image-size": oneOf[string](),
	} {
		if cmd.Flags().Lookup(flag) == nil {
			continue
		}
		if err := cmd.RegisterFlagCompletionFunc(flag, values); err != nil {
			panic(err)
		}
	}
	if cmd.ValidArgsFunction == nil && !strings.Contains(cmd.Use, " ") {
		cmd.ValidArgsFunction = cobra.NoFileCompletions
	}
	for _, sub := range cmd.Commands() {
		complete(sub)
	}
}

func oneOf[S ~string](values ...S) cobra.CompletionFunc {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = string(v)
	}
	return cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp)
}

// completeEvaluators goes on with a list.
func completeEvaluators(
	_ *cobra.Command, _ []string, typed string,
) ([]string, cobra.ShellCompDirective) {
	before := typed[:strings.LastIndexByte(typed, ',')+1]
	var list []string
	for _, e := range ablate.Evaluators() {
		if !strings.Contains(","+before, ","+string(e)+",") {
			list = append(list, before+string(e))
		}
	}
	return list, cobra.ShellCompDirectiveNoFileComp
}

// completeSetting offers keys, and after the equals sign what the key's value may be.
func completeSetting(
	cmd *cobra.Command, args []string, typed string,
) ([]string, cobra.ShellCompDirective) {
	var list []string
	name, _, chosen := strings.Cut(typed, "=")
	settings := settingsOf(cmd, args)
	for _, k := range config.Keys(settings, settings) {
		switch {
		case chosen && k.Path == name:
			for _, v := range choices(k) {
				list = append(list, name+"="+v)
			}
		case !chosen && strings.HasPrefix(k.Path, name):
			list = append(list, cobra.CompletionWithDesc(k.Path+"=", k.Doc))
		}
	}
	if chosen {
		return list, cobra.ShellCompDirectiveNoFileComp
	}
	return list, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// choices are the values of a setting that has few.
func choices(k config.Key) []string {
	if k.Type == "bool" {
		return []string{"true", "false"}
	}
	return k.Choices
}
