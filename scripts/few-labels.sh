#!/bin/sh
# What few labels give: the linear probe and finetuning of one encoder on 10, 50 and 500 labels a class, the images chosen by each of three
# seeds. What is done stays done: the same command goes on where it stopped, and prints the table so far.
#
#   few-labels.sh --run RUN [--out DIR] [--epochs N:EPOCHS]... [--recipe auto|full]... [--seeds "1 2 3"] [--set KEY=VALUE]...
#
# RUN is a pretrained run, whose images are finetuned on. --epochs 10:40 takes 10 labels a class for 40 epochs; without it 10:40, 50:20 and
# 500:6. --recipe full takes MAE's recipe whatever the number of labels. CMAE names the binary (default bin/cmae).
set -euf
IFS='
' # of lists, whose items may have spaces
cmae=${CMAE:-$(dirname "$0")/../bin/cmae}
run='' out='' numbers='' recipes='' seeds='1 2 3' sets=''

usage() {
	sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

while [ $# -gt 0 ]; do
	[ $# -ge 2 ] || usage
	case $1 in
	--run) run=$2 ;;
	--out) out=$2 ;;
	--epochs) numbers="$numbers$IFS$2" ;;
	--recipe) recipes="$recipes$IFS$2" ;;
	--seeds) seeds=$2 ;;
	--set) sets="$sets$IFS--set$IFS$2" ;;
	*) usage ;;
	esac
	shift 2
done
[ -n "$run" ] || usage
[ -x "$cmae" ] || { echo "few-labels: no $cmae: run make build first" >&2; exit 2; }
[ -d "$run" ] || { echo "few-labels: no folder $run" >&2; exit 3; }
out=${out:-$run-few-labels}
numbers=${numbers:-10:40${IFS}50:20${IFS}500:6}
recipes=${recipes:-auto}
mkdir -p "$out"

# number KEY FILE prints the first number of that name in a result.
number() {
	sed -n "s/^  \"$1\": \([0-9.e-]*\),*\$/\1/p" "$2" | head -n 1
}

for pair in $numbers; do
	labels=${pair%%:*} epochs=${pair#*:}
	for seed in $(printf '%s' "$seeds" | tr ' ' '\n'); do
		for recipe in $recipes; do
			name=$out/$labels-$recipe-$seed
			[ -s "$name.json" ] && continue
			"$cmae" finetune "$run" --quiet --json --out "$name" --resume=auto \
				--set data.per_class="$labels" --set seed="$seed" --set recipe="$recipe" \
				--set train.epochs="$epochs" --set train.eval_every="$epochs" $sets >"$name.part"
			mv "$name.part" "$name.json"
		done
	done
done

echo '| labels a class | epochs | recipe | linear probe | finetuned | seeds |'
echo '| --- | --- | --- | --- | --- | --- |'
for pair in $numbers; do
	labels=${pair%%:*} epochs=${pair#*:}
	for recipe in $recipes; do
		for seed in $(printf '%s' "$seeds" | tr ' ' '\n'); do
			file=$out/$labels-$recipe-$seed.json
			[ ! -s "$file" ] || echo "$(number probe_accuracy "$file") $(number accuracy "$file")"
		done | awk -v row="| $labels | $epochs | $recipe" '
			{ probe += $1; tuned += $2; probes += $1 * $1; tuneds += $2 * $2; n++ }
			function stat(sum, squares) {
				if (n == 1) return sprintf("%.1f", 100 * sum)
				rest = squares - sum * sum / n
				return sprintf("%.1f ± %.1f", 100 * sum / n, 100 * sqrt((rest > 0 ? rest : 0) / (n - 1)))
			}
			END { if (n) print row " | " stat(probe, probes) " | " stat(tuned, tuneds) " | " n " |" }'
	done
done
