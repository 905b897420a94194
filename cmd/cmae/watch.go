package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cmae/internal/report/runpage"
)

// watchEvery is the time between two looks at a run.
const watchEvery = 2 * time.Second

func newWatchCmd(a *app) *cobra.Command {
	var once bool
	cmd := &cobra.Command{
		Use:   "watch RUN",
		Short: "Show the progress of a run started by another process",
		Long: `Show the progress of a run: curves in text, speed, time left, the newest pictures. All of it
is read from the run's folder, so that any other process may write the run. On a terminal the
command looks again every two seconds until the run ends or Ctrl-C; without a terminal, with --once
and with --json it looks once.`,
		Example: `  cmae watch runs/demo
  cmae watch runs/demo --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.watch(cmd.Context(), args[0], once || a.json || columns(a.out) == 0)
		},
	}
	cmd.Flags().BoolVar(&once, "once", false, "look once")
	return cmd
}

func (a *app) watch(ctx context.Context, run string, once bool) error {
	for lines := 0; ; {
		s, err := runpage.StatusOf(run)
		if err != nil {
			return err
		}
		if once {
			var failed error
			err := a.print(s, func() { failed = s.WriteText(a.out, 80) })
			if err == nil {
				err = failed
			}
			return err
		}
		var text bytes.Buffer
		if err := s.WriteText(&text, columns(a.out)); err != nil {
			return err
		}
		shown := cut(text.String(), columns(a.out)-1)
		if lines > 0 { // over what was shown before
			fmt.Fprintf(a.out, "\x1b[%dA\x1b[J", lines)
		}
		if _, err := fmt.Fprint(a.out, shown); err != nil {
			return err
		}
		if lines = strings.Count(shown, "\n"); s.State != "running" {
			return nil
		}
		select {
		case <-ctx.Done(): // Ctrl-C ends the watch, not the run
			return nil
		case <-time.After(watchEvery):
		}
	}
}

// cut keeps each line within so many columns, so that it takes one line of a terminal.
func cut(text string, columns int) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if r := []rune(line); len(r) > columns {
			lines[i] = string(r[:columns])
		}
	}
	return strings.Join(lines, "\n")
}
