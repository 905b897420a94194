#!/bin/sh
# The comparisons behind the paper's three claims (docs/results), each a sweep of three seeds. What is done stays done: the same command
# goes on where it stopped. Given twice at once, with --set threads=1, the two share the runs between them.
#
#   claims.sh [--cifar DIR] [--tiny DIR] [--eurosat DIR] [--only PART]... [--out DIR] [--seeds 1,2,3] [--set KEY=VALUE]...
#   claims.sh --list
#
# DIRs are CIFAR-10, Tiny-ImageNet and EuroSAT; parts whose data is not given are left out. --list prints the parts, the data of each and the
# core-hours it takes. CMAE names the binary (default bin/cmae).
set -euf
IFS='
' # of lists, whose items may have spaces
cmae=${CMAE:-$(dirname "$0")/../bin/cmae}
cifar='' tiny='' eurosat='' only='' out='runs/claims' seeds='1,2,3' sets=''

# Core-hours are of three seeds on sets of 20,000, 12,000 and 10,000 images, by 65 GFLOP/s of a core in f32.
parts='cifar10-long cifar 9 MAE, and CMAE with its own contrast and with keys from a bank, for 80 epochs
tiny-imagenet-long tiny 16 MAE, CMAE with and without ContrastiveCrop, and its cheaper steps for 80 epochs, and at equal compute
eurosat-long eurosat 9 MAE, CMAE and its cheaper steps for 80 epochs, and at equal compute
decoders-cifar10 cifar 17 claim 1: twelve decoders
decoders-eurosat eurosat 9 claim 1: twelve decoders
eurosat-convolution eurosat 5 claim 1: a decoder of convolutions, for 40 and 80 epochs
cifar10-components cifar 5 claim 2: each component alone
cifar10-location cifar 6 claim 2: forms of the location task
cifar10-contrast cifar 11 claim 2: each choice in contrast
cifar10-cheaper cifar 3 claim 2: steps that cost less
cifar10-bank cifar 4 claim 2: keys from a bank
cifar10-equal-compute cifar 4 claim 2: cheaper steps at equal compute
clutter-crops none 9 claim 3: crops around found, true and constant boxes
moco cifar 9 MoCo-v1, -v2 and -v3
moco-short cifar 2 MoCo-v1: queue and momentum of short runs
tiny-imagenet-moco tiny 6 MoCo-v1 and -v2'

usage() {
	sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

list() {
	echo '| part | data | core-hours | what |'
	echo '| --- | --- | --- | --- |'
	printf '%s\n' "$parts" | while IFS=' ' read -r part data hours what; do
		echo "| $part | $data | $hours | $what |"
	done
	printf '%s\n' "$parts" | awk '{ n += $3 } END { print "| all | | " n " | |" }'
}

while [ $# -gt 0 ]; do
	[ "$1" != --list ] || { list && exit; }
	[ $# -ge 2 ] || usage
	case $1 in
	--cifar) cifar=$2 ;;
	--tiny) tiny=$2 ;;
	--eurosat) eurosat=$2 ;;
	--only) only="$only$IFS$2" ;;
	--out) out=$2 ;;
	--seeds) seeds=$2 ;;
	--set) sets="$sets$IFS--set$IFS$2" ;;
	*) usage ;;
	esac
	shift 2
done
[ -x "$cmae" ] || { echo "claims: no $cmae: run make build first" >&2; exit 2; }
for part in $only; do
	printf '%s\n' "$parts" | grep -q "^$part " || { echo "claims: no part $part: --list has them" >&2; exit 2; }
done
for folder in $cifar $tiny $eurosat; do
	[ -d "$folder" ] || { echo "claims: no folder $folder" >&2; exit 3; }
done
mkdir -p "$out"
cmae=$(realpath "$cmae") out=$(realpath "$out")
[ -z "$cifar" ] || cifar=$(realpath "$cifar")
[ -z "$tiny" ] || tiny=$(realpath "$tiny")
[ -z "$eurosat" ] || eurosat=$(realpath "$eurosat")
cd "$(dirname "$0")/.." # configurations are named from here

# sweep runs a part, which goes on where it was.
sweep() { # PART
	case $1 in
	decoders-cifar10) set -- "$1" decoder --config configs/mini/cifar10-mae.yaml --evaluate linprobe,knn,finetune ;;
	decoders-eurosat)
		set -- "$1" decoder --config configs/mini/eurosat-cmae.yaml --set contrast.weight=0 --set location.weight=0 \
			--evaluate linprobe,knn,finetune
		;;
	*) set -- "$1" grid --config "configs/grid/$1.yaml" ;;
	esac
	part=$1
	shift
	[ -z "$folder" ] || set -- "$@" --set "data.path=$folder"
	# shellcheck disable=SC2086 # a list
	"$cmae" ablate "$@" --seeds "$seeds" $sets --out "$out/$part"
}

failed='' done=''
for line in $parts; do
	part=${line%% *} rest=${line#* }
	[ -z "$only" ] || printf '%s\n' "$only" | grep -qx "$part" || continue
	case ${rest%% *} in
	cifar) folder=$cifar ;;
	tiny) folder=$tiny ;;
	eurosat) folder=$eurosat ;;
	none) folder=none ;;
	esac
	[ -n "$folder" ] || {
		echo "claims: $part left out: it needs --${rest%% *} DIR" >&2
		[ -z "$only" ] || exit 2
		continue
	}
	[ "$folder" != none ] || folder=''
	code=0
	sweep "$part" >/dev/null || code=$?
	case $code in
	0) done="$done$IFS$part" ;;
	1) failed="$failed $part" ;; # one of its cells: the others are worth having
	*) exit "$code" ;;
	esac
done
for part in $done; do
	if [ -s "$out/$part/table.md" ]; then
		printf '\n# %s\n\n' "$part"
		grep '^|' "$out/$part/table.md"
	fi
done
[ -z "$failed" ] || { echo "claims: failed:$failed; the same command tries them again" >&2; exit 1; }
