package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cmae/internal/config"
	"cmae/internal/method"
	"cmae/internal/recipe"
	"cmae/internal/tools/ablate"
)

// gridHelp is what "cmae ablate grid" reads.
const gridHelp = `The file names a base and what changes over it. Its paths count from the working
directory:

  base: configs/demo.yaml          # all but cells or axes may be left out
  set: [train.epochs=10]           # for all cells; --set comes after it
  seeds: [1, 2, 3]                 # --seeds comes before it, and so on
  evaluate: [linprobe, knn, finetune]
  finetune: finetune.yaml          # as --finetune-config takes
  axes:                            # every combination of their values
    - {name: tau, key: contrast.tau, values: [.1, .2], names: [sharp, soft]}
  cells:                           # each at every combination
    - {name: transformer, set: []}
    - {name: mlp, set: [decoder.kind=mlp, decoder.depth=2]}
    - {name: moco-v3, set: [method=moco-v3]}

A cell that sets method has that method's own numbers of augment, optim and the losses in place of
the base's; the rest of its set comes after.`

func newAblateCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use: "ablate",
		Short: "Change one thing at a time, pretrain and evaluate each, and tabulate what it was " +
			"worth",
		Long: `Run a sweep over one configuration. Each cell is pretrained with each seed in an
ordinary run folder, OUT/cells/CELL/seed-N, and evaluated by linear probe and kNN, with --evaluate
finetune also by finetuning; cells of one seed see the same images in the same order and start from
the same encoder. A sweep that was stopped goes on where it was when the same command is given
again. OUT gets report.html, table.md, table.csv, table.tex, table.json and accuracy.png, with the
compute of each cell in GFLOP.

The same command may run several times at once, here or on machines that share the folder: each
takes runs that nobody is at. The one that ends first names those that others are still at, and
exits with 0; the one that ends last writes the whole table. Small models gain by it: two processes
with --set threads=1 do more than one with two threads.

A cell that cannot run is found before anything runs. One that fails is marked in the table, the
sweep goes on, and the exit code is 1.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		newAblateDecoderCmd(a, "decoder"),
		newSweepCmd(a, sweep{
			name:  "components",
			short: "MAE, each component of CMAE added to it alone, and all of them",
			cells: ablate.Components, varies: "location", decodes: true,
			long: `The base is the configuration with everything in it, its decoder being the weak
one. Cells: mae (with a decoder of depth 8), then mae with the weak decoder, location loss,
contrast or ContrastiveCrop alone, then all.`,
		}),
		newSweepCmd(a, sweep{
			name: "crop", short: "ContrastiveCrop: source of the boxes, threshold k, alpha",
			cells: ablate.Crops, varies: "crop",
			long: `Cells: plain crops; the constant central box; boxes from each source with a heat
map (attention, feature, rollout, similarity, component, distinct). Then one source, the
configuration's or else attention, with the rule otsu, with thresholds k of 0.1, 0.3, 0.5 and 0.7,
and with alpha of 0.3, 0.6 and 1; values that the configuration has are left out.`,
		}),
		newSweepCmd(a, sweep{
			name: "grid", short: "Any cells and axes, from a file", grid: true,
			long: gridHelp,
		}),
	)
	return cmd
}

// newAblateDecoderCmd is `ablate decoder`, which stands at the top level too.
func newAblateDecoderCmd(a *app, name string) *cobra.Command {
	return newSweepCmd(a, sweep{
		name: name, short: "Decoders of every kind and several sizes",
		cells: ablate.Decoders, varies: "decoder", decodes: true,
		long: `Cells: transformers of depth 8, 6, 4 and 2, of a half, a quarter and an eighth of the
width at depth 2, and every other kind at depth 2. The widest is the largest power of two within two
thirds of the encoder's width: 512 for model.size base. "cmae ablate grid" takes any other list.`,
	})
}

// sweep is one kind of ablation.
type sweep struct {
	name, short, long string // of the command
	cells             func(recipe.Pretrain) []ablate.Cell
	varies            string // section of settings
	grid              bool   // the cells come from the file of --config
	decodes           bool   // the cells differ in their decoders
}

// sweepFlags are the flags of every ablation.
type sweepFlags struct {
	settingsFlags
	seeds         []uint
	evaluators    []string
	finetune, out string
}

func (f *sweepFlags) add(flags *pflag.FlagSet) {
	f.settingsFlags.add(flags)
	flags.UintSliceVar(
		&f.seeds, "seeds", nil,
		"seeds of every cell, as in 1,2,3 (default the configuration's one)",
	)
	flags.Lookup("seeds").DefValue = "" // else [] is shown as another default
	flags.StringSliceVar(
		&f.evaluators, "evaluate", nil, "by linprobe, knn, finetune (default linprobe,knn)",
	)
	flags.StringSliceVar(&f.evaluators, "judge", nil, "the same as --evaluate")
	flags.StringVar(
		&f.finetune, "finetune-config", "",
		`YAML file with settings of finetuning, as "cmae finetune" takes, over a recipe of 10 `+
			"epochs",
	)
	flags.StringVarP(
		&f.out, "out", "o", "", "folder of the sweep (default runs/ and the sweep's name)",
	)
}

func newSweepCmd(a *app, s sweep) *cobra.Command {
	var f sweepFlags
	what := "cmae ablate " + s.name
	if s.name == "ablate-decoder" {
		what = "cmae " + s.name
	}
	file := "configs/demo.yaml"
	if s.grid {
		file = "grid.yaml"
	}
	cmd := &cobra.Command{
		Use: s.name, Short: s.short, Long: s.long, Args: cobra.NoArgs,
		Example: fmt.Sprintf(
			"  %s --config %s --seeds 1,2,3\n"+
				"  %s --config %s --evaluate linprobe,finetune\n"+
				"  %s --config %s --set train.epochs=5 --out runs/quick",
			what, file, what, file, what, file,
		),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.ablate(cmd.Context(), s, f) },
	}
	f.add(cmd.Flags())
	if s.grid {
		cmd.Flags().Lookup("config").Usage = "YAML file of the grid"
	}
	return cmd
}

func (a *app) ablate(ctx context.Context, s sweep, f sweepFlags) error {
	o, err := s.options(a, f)
	if err != nil {
		return err
	}
	table, err := ablate.Run(ctx, o)
	if table == nil {
		return err
	}
	return errors.Join(err, a.print(table, func() {
		fmt.Fprint(a.out, table.Markdown())
		if table.Plot != "" {
			fmt.Fprintf(a.out, "\npicture: %s\n", table.Plot)
		}
	}))
}

// options says what to run, by flags and, for a grid, by its file.
func (s sweep) options(a *app, f sweepFlags) (o ablate.Options, err error) {
	name, asked := strings.TrimPrefix(s.name, "ablate-"), f.finetune
	o = ablate.Options{Name: name, Console: a.console(), Tool: tool()}
	for _, seed := range f.seeds {
		o.Seeds = append(o.Seeds, uint64(seed))
	}
	if s.grid {
		if err := f.readGrid(&o); err != nil {
			return o, err
		}
	}
	if o.Evaluators, err = ablate.ParseEvaluators(f.evaluators); err != nil {
		return o, err
	}
	if asked != "" && !slices.Contains(o.Evaluators, ablate.Finetune) {
		return o, usageError{errors.New(
			"--finetune-config: nothing is finetuned; add finetune to --evaluate",
		)}
	}
	if o.Base, err = f.load(a, method.Default()); err != nil {
		return o, err
	}
	if !s.grid {
		if err := s.check(name, o.Base); err != nil {
			return o, err
		}
		o.Cells = s.cells(o.Base)
	}
	o.Finetune, o.Out = f.finetune, cmp.Or(f.out, filepath.Join("runs", "ablate-"+name))
	return o, nil
}

// readGrid takes cells from the file of a grid, its settings below --set, and from it what no flag
// says.
func (f *sweepFlags) readGrid(o *ablate.Options) error {
	if f.file == "" {
		return usageError{errors.New("give the file of the grid with --config")}
	}
	grid, err := ablate.ReadGrid(f.file)
	if err != nil {
		return err
	}
	f.file, f.set, o.Cells = grid.Base, append(grid.Set, f.set...), grid.Cells
	f.evaluators = firstOf(f.evaluators, grid.Evaluators)
	f.finetune = cmp.Or(f.finetune, grid.Finetune)
	o.Seeds = firstOf(o.Seeds, grid.Seeds)
	return nil
}

// check refuses a base that does not have what the sweep varies.
func (s sweep) check(name string, base recipe.Pretrain) error {
	if slices.Contains(method.All().Idle(base), s.varies) {
		return usageError{fmt.Errorf(
			"%s varies parts of method %s, which %s does not have: \"cmae ablate grid\" takes "+
				"cells of any method",
			name, method.Default().Method, base.Method,
		)}
	}
	if base.Reconstruct.Weight == 0 && s.decodes {
		return config.Errorf(
			"reconstruct.weight", "is 0: there is no decoder to compare; set it above 0",
		)
	}
	return nil
}

// firstOf is the first list that is not empty.
func firstOf[T any](flag, file []T) []T {
	if len(flag) > 0 {
		return flag
	}
	return file
}
