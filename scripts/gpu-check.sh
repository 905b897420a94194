#!/bin/sh
# The first look at a machine with a GPU: does the plugin run what was recorded, is it right, how fast is it, beside PyTorch where
# python3 has it, and does a resumed run have the bits of an undisturbed one. Under ten minutes; the results are one file of JSON.
#
#   scripts/gpu-check.sh [--dry] [--out FILE]      default: gpu-check.json
#
# --dry takes small models, which the plugin for CPUs can run. CMAE names the binary (default bin/cmae). Nothing is built: the binary,
# scripts/, configs/bench/ and internal/tools/verify/testdata/ are all that is needed, and a plugin (scripts/fetch-xla.sh).
# A part that fails or takes longer than it may leaves the others. Exit 1 where a part failed.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
export CMAE="${CMAE:-$root/bin/cmae}"
dry='' out=gpu-check.json
while [ $# -gt 0 ]; do
	case $1 in
	--dry) dry=1 ;;
	--out) [ $# -ge 2 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }; out=$2; shift ;;
	*) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
	esac
	shift
done
[ -x "$CMAE" ] || { echo "gpu-check: $CMAE is not there: run make build, or name the binary in CMAE" >&2; exit 1; }

all=580 slow=1 # seconds for everything; how many times as long parts may take
[ -z "$dry" ] || all=7200 slow=10
began=$(date +%s)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
failed=0
: >"$work/parts"

# text is standard input as a string of JSON.
text() { tr -d '\000-\010\013-\037' | sed 's/\\/\\\\/g; s/"/\\"/g; s/	/ /g' | awk '{ printf "%s%s", sep, $0; sep = "\\n" }'; }

# part NAME SECONDS COMMAND...: the command's standard output is JSON.
part() {
	name=$1 limit=$(($2 * slow)) left=$((began + all - $(date +%s)))
	shift 2
	[ $left -ge $limit ] || limit=$left
	start=$(date +%s) code=124
	: >"$work/out"; echo "no time was left" >"$work/err"
	if [ $limit -gt 0 ]; then
		timeout -k 5 $limit "$@" </dev/null >"$work/out" 2>"$work/err" && code=0 || code=$?
	fi
	took=$(($(date +%s) - start)) error=''
	if [ $code != 0 ]; then
		error=$(tail -n 5 "$work/err" | text)
		[ $code != 124 ] || error="stopped after $took s; $error"
		failed=1
	fi
	[ $code = 0 ] || tail -n 1 "$work/out" | grep -q '[]}]$' || echo null >"$work/out" # cut off
	[ ! -s "$work/parts" ] || echo , >>"$work/parts"
	{
		printf '"%s": {"seconds": %d, "exit": %d, "error": "%s", "result": ' "$name" $took $code "$error"
		cat "$work/out"
		echo '}'
	} >>"$work/parts"
	speed=$(sed -n 's/.*"images_per_second": *\([0-9]*\).*/, \1 images\/s/p' "$work/out" | head -n 1)
	echo "$name: $took s$speed${error:+, failed: $error}" >&2
}

bench() { # NAME SECONDS CONFIG SETTINGS...
	name=$1 limit=$2 config=$3
	shift 3
	[ -z "$dry" ] || set -- "$@" --batch 2 --steps 1 --set model.depth=1 --set decoder.depth=1 --set contrast.hidden=64
	part "$name" "$limit" "$CMAE" bench --json --engine xla --precision bf16 --config "$root/configs/bench/$config.yaml" "$@"
}

verify() { # VECTOR...
	for name in "$@"; do
		part "verify $name" 60 "$CMAE" verify --json --engine xla "$root/internal/tools/verify/testdata/$name.safetensors"
	done
}

# what matters most comes first
part "doctor" 60 "$CMAE" doctor --json
! command -v nvidia-smi >/dev/null || part "nvidia-smi" 20 sh -c 'nvidia-smi --format=csv \
	--query-gpu=name,driver_version,memory.total,clocks.max.sm,power.limit | sed "s/.*/\"&\",/; 1s/^/[/; \$s/,\$/]/"'
verify cmae
large="--set data.image_size=224 --set model.patch_size=16"
bench "mae base 224 px" 120 mae_base --steps 20 --batch 256 $large
for kind in fused compile; do
	if python3 -c 'import torch' 2>/dev/null; then
		part "pytorch $kind" 90 python3 "$root/scripts/peers/pretrain.py" mae base $kind 20 --side 224 --patch 16 --batch 256 --bf16 ${dry:+--dry}
	fi
done
part "resume" 90 sh "$root/scripts/gpu/resume.sh" "$work/resume"
bench "cmae base 224 px" 100 cmae_base --steps 20 --batch 256 $large
for size in tiny base; do
	bench "mae $size" 60 mae_$size --steps 20
	bench "cmae $size" 60 cmae_$size --steps 20
done
verify mae queue moco-v3 hybrid-conv

{
	[ -n "$dry" ] && dry=true || dry=false
	printf '{"dry": %s, "seconds": %d, "cmae": "%s", "system": "%s", "parts": {\n' $dry \
		$(($(date +%s) - began)) "$("$CMAE" version | head -n 1 | text)" "$(uname -srm)"
	cat "$work/parts"
	echo '}}'
} >"$out"
echo "gpu-check: $out" >&2
exit $failed
