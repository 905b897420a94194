#!/bin/sh
# cmae and PyTorch in turn on one machine: images a second of each round, cmae's over the fastest PyTorch of the same round,
# and the peak memory of both, as a table in Markdown.
#
#   scripts/peers.sh [--list] [--row NAME]... [--rounds N] [--steps N] [--compile] [--precision f32|bf16] [--images FOLDER]
#
# Without --row all rows that --list names, with 2 rounds of 5 steps. --compile measures torch.compile too, which takes minutes a model.
# --precision bf16 is cmae's bfloat16 beside PyTorch's autocast; otherwise both compute in float32.
# Rows that embed make JPEG files of the images of any FOLDER. A row that fails is named at the end, and the exit status is 1.
#
# CMAE names the binary (default bin/cmae), PYTHON a python3 with torch 2.4 or later and, for rows that embed, timm and Pillow. The row that
# finetunes builds a test with go. PyTorch has OMP_NUM_THREADS threads, else one a processor, and its idle threads don't spin. The machine
# should have nothing else to do.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-python3}
CMAE=${CMAE:-$root/bin/cmae}
case " $* " in
*' -h '* | *' --help '*) sed -n '2,14s/^# \{0,1\}//p' "$0"; exit 0 ;;
*' --list '*) ;;
*)
	[ -x "$CMAE" ] || { echo "peers: $CMAE is not there: run make build, or name the binary in CMAE" >&2; exit 1; }
	CMAE=$(cd "$(dirname "$CMAE")" && pwd)/$(basename "$CMAE")
	"$python" -c 'import torch' 2>/dev/null || { echo "peers: $python has no torch: name one that has in PYTHON" >&2; exit 1; }
	;;
esac
export CMAE GOMP_SPINCOUNT=0 PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS="${OMP_NUM_THREADS:-$(getconf _NPROCESSORS_ONLN)}"
exec "$python" "$root/scripts/peers/table.py" "$@"
