#!/bin/sh
# Table 1 of the paper: MoCo-v1, MoCo-v2, MAE and CMAE on Tiny-ImageNet, each pretrained by its own recipe (configs/SCALE), then evaluated by
# linear probe, kNN and finetuning. What is done stays done: the same command goes on where it stopped, and prints the table so far.
#
#   table1.sh --data DIR [--scale mini|paper] [--out DIR] [--set KEY=VALUE]... [--yes]
#
# DIR is Tiny-ImageNet as downloaded. --set goes to pretraining and finetuning. --scale paper takes weeks on a small machine: it first
# measures real steps, prints the time and memory to expect, and asks; off a terminal it wants --yes. CMAE names the binary (default bin/cmae).
set -euf
IFS='
' # of lists, whose items may have spaces
cmae=${CMAE:-$(dirname "$0")/../bin/cmae}
data='' scale=mini out='' yes='' sets=''

usage() {
	sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

while [ $# -gt 0 ]; do
	case $1 in
	--yes) yes=1 ;;
	--data | --scale | --out | --set)
		[ $# -ge 2 ] || usage
		case $1 in
		--data) data=$2 ;;
		--scale) scale=$2 ;;
		--out) out=$2 ;;
		--set) sets="$sets$IFS--set$IFS$2" ;;
		esac
		shift
		;;
	*) usage ;;
	esac
	shift
done
[ -n "$data" ] || usage
case $scale in
mini) v1=tiny-imagenet-moco-v1 v2=tiny-imagenet-moco-v2 vit=tiny-imagenet-cmae half=', half as wide' transformer='ViT, 96 wide, 4 deep' ;;
paper) v1=moco-v1-resnet18 v2=moco-v2-resnet50 vit=tiny-imagenet-64 half='' transformer=ViT-B ;;
*) usage ;;
esac
[ -x "$cmae" ] || { echo "table1: no $cmae: run make build first" >&2; exit 2; }
[ -d "$data" ] || { echo "table1: no folder $data" >&2; exit 3; }
out=${out:-runs/table1-$scale}
mkdir -p "$out"
cmae=$(realpath "$cmae") data=$(realpath "$data") out=$(realpath "$out")
cd "$(dirname "$0")/.." # configurations are named from here

# Rows of different settings have no place in one table.
settings="--scale $scale --data $data$(printf '%s' "$sets" | tr '\n' ' ')"
[ -e "$out/settings" ] || echo "$settings" >"$out/settings"
[ "$(cat "$out/settings")" = "$settings" ] || {
	echo "table1: $out was begun with $(cat "$out/settings"): give the same, or another --out" >&2
	exit 2
}

rows='moco-v1
moco-v2
mae
cmae'
pretraining() { # ROW
	case $1 in
	moco-v1) echo "--config=configs/$scale/$v1.yaml" ;;
	moco-v2) echo "--config=configs/$scale/$v2.yaml" ;;
	mae) printf '%s\n' "--config=configs/$scale/$vit.yaml" --set=contrast.weight=0 --set=location.weight=0 --set=crop.enabled=false ;;
	cmae) echo "--config=configs/$scale/$vit.yaml" ;;
	esac
}
finetuning() { # ROW
	case $1 in
	moco-*) echo "--config=configs/$scale/resnet-finetune.yaml" ;;
	*) echo "--config=configs/$scale/vit-finetune.yaml" ;;
	esac
}
label() { # ROW
	case $1 in
	moco-v1) echo "MoCo-v1 | ResNet-18$half" ;;
	moco-v2) echo "MoCo-v2 | ResNet-50$half" ;;
	mae) echo "MAE | $transformer" ;;
	cmae) echo "CMAE | $transformer" ;;
	esac
}

number() { # FILE KEY: the first number of this key, nothing where there is none
	[ ! -s "$1" ] || sed -n "s/^ *\"$2\": \([-0-9.e+]*\),*\$/\1/p" "$1" | head -n 1
}

# estimate measures a few real steps of a row, of 64 images, in a scratch folder and prints its line. Memory is that of whole batches.
estimate() { # ROW
	# without a size of its own summary opens the data, and so counts its images
	"$cmae" summary $(pretraining "$1") --set data.path="$data" $sets --set data.image_size=0 --json -q >"$scratch/summary.json"
	"$cmae" bench $(pretraining "$1") $sets --batch 64 --steps 1 --json -q >"$scratch/bench.json"
	"$cmae" pretrain $(pretraining "$1") --set data.path="$data" $sets --set data.limit=16 --set train.batch_size=16 --set train.epochs=3 \
		--set optim.warmup_epochs=0 --out "$scratch/$1" --overwrite --json -q >/dev/null 2>"$scratch/warnings" ||
		{ cat "$scratch/warnings" >&2 && exit 1; } # that 16 images are few is no news
	"$cmae" finetune "$scratch/$1" $(finetuning "$1") $sets --set data.limit=256 --set train.epochs=1 --set optim.warmup_epochs=0 \
		--out "$scratch/$1-tuned" --overwrite --json -q >"$scratch/tuned.json"
	tuning=$("$cmae" finetune "$scratch/$1" $(finetuning "$1") $sets --show-config | sed -n '/^train:/,$s/^ *epochs: \([0-9]*\).*/\1/p' | head -n 1)
	awk -v row="$(label "$1")" -v images="$(number "$scratch/summary.json" training_images)" -v epochs="$(number "$scratch/summary.json" epochs)" \
		-v speed="$(number "$scratch/bench.json" images_per_second)" -v memory="$(number "$scratch/summary.json" total)" \
		-v tuning="$tuning" -v tuned="$(number "$scratch/tuned.json" images_per_second)" 'BEGIN {
			pretrain = epochs * images / speed / 3600; finetune = tuning * images / tuned / 3600
			printf "| %s | %d | %.1f | %.1f h | %d | %.1f | %.1f h | %.1f GB |\n", row, epochs, speed, pretrain, tuning, tuned, finetune, memory / 1e9
		}'
}

confirm() {
	left=
	for row in $rows; do
		[ -s "$out/$row/finetune.json" ] || left="$left$IFS$row"
	done
	[ -n "$left" ] || return 0
	scratch=$(mktemp -d)
	trap 'rm -rf "$scratch"' EXIT
	echo "Measuring a few steps of each row." >&2
	{
		echo '| method | network | epochs | images/s | pretraining | finetuning epochs | images/s | finetuning | memory |'
		echo '|---|---|---|---|---|---|---|---|---|'
		for row in $left; do
			estimate "$row"
		done
	} >&2
	[ -z "$yes" ] || return 0
	[ -t 0 ] || { echo 'table1: this is what it will take; give --yes to start' >&2; exit 2; }
	printf 'Start? [y/N] ' >&2
	read -r answer
	case $answer in y | Y | yes) ;; *) exit 1 ;; esac
}

# once runs a command whose result is FILE, unless it is there.
once() { # FILE COMMAND...
	file=$1
	shift
	[ ! -s "$file" ] || return 0
	printf 'table1:%s\n' "$(printf ' %s' "$@")" >&2
	"$@" --json >"$file.part"
	mv "$file.part" "$file"
}

evaluate() { # ROW
	dir=$out/$1
	mkdir -p "$dir"
	once "$dir/pretrain.json" "$cmae" pretrain $(pretraining "$1") --set data.path="$data" $sets --out "$dir/run" --resume=auto
	once "$dir/linprobe.json" "$cmae" linprobe "$dir/run"
	once "$dir/knn.json" "$cmae" knn "$dir/run"
	once "$dir/finetune.json" "$cmae" finetune "$dir/run" $(finetuning "$1") $sets --out "$dir/finetuned" --resume=auto
}

percent() { # FILE
	awk -v a="$(number "$1" accuracy)" 'BEGIN { if (a == "") print "-"; else printf "%.2f\n", 100 * a }'
}

table() {
	echo '| method | network | epochs | linear probe, % | kNN, % | finetuned, % | the paper (protocol not stated), % |'
	echo '|---|---|---|---|---|---|---|'
	for row in $rows; do
		case $row in mae) paper=62.95 ;; cmae) paper=65.84 ;; *) paper=- ;; esac
		epochs=$(number "$out/$row/pretrain.json" epochs)
		echo "| $(label "$row") | ${epochs:--} | $(percent "$out/$row/linprobe.json") | $(percent "$out/$row/knn.json") | $(percent "$out/$row/finetune.json") | $paper |"
	done
}

[ "$scale" = mini ] || confirm
for row in $rows; do
	evaluate "$row"
	table >"$out/table.md.part" && mv "$out/table.md.part" "$out/table.md"
done
cat "$out/table.md"
