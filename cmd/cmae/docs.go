package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// newDocsCmd writes what the commands say of themselves, for other readers: `make docs`, packagers.
func newDocsCmd(a *app) *cobra.Command {
	var man string
	cmd := &cobra.Command{
		Use: "docs", Short: "Write the reference of all commands",
		Long:    "Print a page of Markdown on all commands, or write their manual pages.",
		Example: "  cmae docs > cli.md\n  cmae docs --man man1",
		Hidden:  true,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			root := cmd.Root()
			root.DisableAutoGenTag = true
			if man != "" {
				return writeMan(root, man)
			}
			return writeCLI(a, root)
		},
	}
	cmd.Flags().StringVar(&man, "man", "", "folder to write manual pages to")
	return cmd
}

// writeMan writes a page a command, with the date of the commit that the binary is of.
func writeMan(root *cobra.Command, folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("docs: %w", err)
	}
	header := &doc.GenManHeader{Section: "1", Source: tool()}
	if _, at := commit(); !at.IsZero() {
		header.Date = &at
	}
	return doc.GenManTree(root, header, folder)
}

// writeCLI prints one page on all commands, in the order of their names.
func writeCLI(a *app, root *cobra.Command) error {
	fmt.Fprintln(a.out, "# Commands\n\nWritten by `cmae docs`. Settings have a page of their own, "+
		"[settings.md](settings.md).")
	var all func(cmd *cobra.Command) error
	all = func(cmd *cobra.Command) error {
		if cmd.Hidden || cmd.Name() == "help" || cmd.Name() == "completion" {
			return nil
		}
		var page bytes.Buffer
		if err := doc.GenMarkdown(cmd, &page); err != nil {
			return fmt.Errorf("docs: %w", err)
		}
		text, _, _ := strings.Cut(page.String(), "### SEE ALSO")
		text, _, _ = strings.Cut(text, "### Options inherited")
		text = strings.ReplaceAll(text, "\n###", "\n####")
		fmt.Fprintln(a.out)
		for line := range strings.Lines(strings.TrimRight(text, "\n") + "\n") {
			fmt.Fprintln(a.out, folded(strings.TrimRight(line, "\n")))
		}
		for _, sub := range cmd.Commands() {
			if err := all(sub); err != nil {
				return err
			}
		}
		return nil
	}
	return all(root)
}

// widest is the most columns of a line of a page.
const widest = 100

// folded is a line of at most widest columns and what follows of it below, as far in as the second
// column of a table, or as the line.
func folded(line string) string {
	in := len(line) - len(strings.TrimLeft(line, " "))
	if gap := strings.LastIndex(line[:min(len(line), widest/2)], "   "); gap >= in {
		in = gap + 3
	}
	var lines []string
	for len(line) > widest {
		at := strings.LastIndex(line[:widest+1], " ")
		if at <= in {
			break
		}
		lines, line = append(lines, line[:at]), strings.Repeat(" ", in)+line[at+1:]
	}
	return strings.Join(append(lines, line), "\n")
}
