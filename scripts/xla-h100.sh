#!/bin/sh
# Compiles a step of MAE and one of CMAE (ViT-B/16, 224 px, batch 256, bf16) for an H100 that need not be there, and looks at what XLA
# made of them: products of bf16 factors by NVIDIA's library, no other custom calls, less than 80 GB. Nothing is run.
#   xla-h100.sh [SETTING=VALUE]...         settings of both steps, such as model.depth=1 for a quick look
# CMAE names the binary (default bin/cmae). Needs the plugin: scripts/fetch-xla.sh cuda13.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cmae=${CMAE:-$root/bin/cmae}
export CMAE_XLA_TARGET="$root/internal/kernel/xla/testdata/h100.txtpb"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
for setting in "$@"; do
	shift
	set -- "$@" --set "$setting"
done

# check FILE: the kinds of the products of an optimized program, and what is not as it should be.
check() {
	awk '
	$1 == "ROOT" { $1 = "" ; $0 = $0 }
	/^ *%[^ ]+ = / { # %name = bf16[8,4]{1,0} op(..., or of several: (bf16[8,4]{1,0}, f32[8]{0}) op(...
		results = $0
		sub(/^ *%[^ ]+ = \(?/, "", results)
		gsub(/\/\*index=[0-9]+\*\//, "", results)
		count = split(results, result, /, /)
		for (i = 1; i <= count && result[i] ~ /^[a-z]+[0-9]+\[/; i++) {
			type[$1 "#" i - 1] = substr(result[i], 1, index(result[i], "[") - 1)
		}
		type[$1] = type[$1 "#0"]
	}
	/custom_call_target="/ {
		match($0, /custom_call_target="[^"]*"/)
		target = substr($0, RSTART + 20, RLENGTH - 21)
		if (target !~ /^__cu(blas|dnn|b)\$/) { print "a custom call to " target; bad = 1 }
		if (target !~ /^__cublas/) next
		match($0, /custom-call\([^)]*/)
		split(substr($0, RSTART + 12, RLENGTH - 12), operand, /, */)
		products[type[operand[1]] " by " type[operand[2]]]++
		total++
	}
	/ (dot|convolution)\(/ { print "a product that is not the library'"'"'s: " $1; bad = 1 }
	END {
		for (kind in products) print total, "products,", products[kind], "of", kind
		exit bad || products["bf16 by bf16"] < .95 * total
	}' "$1"
}

failed=0
for method in mae cmae; do
	mkdir "$dir/$method"
	XLA_FLAGS="--xla_dump_to=$dir/$method --xla_dump_hlo_as_text" "$cmae" bench --json --config "$root/configs/bench/${method}_base.yaml" \
		--engine xla --precision bf16 --steps 1 --batch 256 --set data.image_size=224 --set model.patch_size=16 "$@" >"$dir/$method.json"
	# a step has more products than its floor, which has one of each shape
	step=$(grep -c cublas "$dir/$method"/*after_optimizations.txt | sort -t : -k 2 -n | tail -n 1)
	check "${step%:*}" || { echo "xla-h100: $method: not as above" >&2; failed=1; }
	awk -F '[:,]' -v method=$method '
	/"program_bytes"/ { bytes = $2 } /"programs"/ { n = $2 } /"compile_ms"/ { ms = $2 } /"recompiled"/ { more = $2 }
	END {
		printf "%s: %.1f GB of an H100, %d programs in %.0f s\n", method, bytes / 1e9, n, ms / 1e3
		exit !(bytes > 0 && bytes < 80e9) || more > 0
	}' "$dir/$method.json" || { echo "xla-h100: $method: too large, or compiled in every step" >&2; failed=1; }
	rm -r "${dir:?}/$method"
done
exit $failed
