#!/bin/sh
# Drives the built binary end to end on a few embedded images: train, interrupt, resume, evaluate, refuse. Usage: smoke.sh BINARY
set -eu
cmae=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
tiny="--set data.limit=200 --set model.dim=24 --set model.depth=1 --set model.heads=2 --set model.patch_size=7 --set train.batch_size=20
	--set optim.warmup_epochs=1 --set train.epochs=30 --set train.checkpoint_every=1 --set contrast.hidden=32 --set contrast.out=16"

expect() { # CODE COMMAND...
	want=$1 got=0
	shift
	"$@" >"$dir/out" 2>"$dir/err" || got=$?
	if [ "$got" != "$want" ]; then
		echo "smoke: exit $got instead of $want: $*" >&2
		cat "$dir/out" "$dir/err" >&2
		exit 1
	fi
}

$cmae pretrain $tiny --out "$dir/run" >"$dir/out" 2>"$dir/err" &
pid=$!
while [ ! -e "$dir/run/last" ]; do
	kill -0 $pid 2>/dev/null || { cat "$dir/err" >&2; exit 1; }
	sleep 0.1
done
kill -TERM $pid
code=0
wait $pid || code=$?
[ $code = 143 ] || [ $code = 0 ] || { echo "smoke: exit $code after SIGTERM" >&2; cat "$dir/err" >&2; exit 1; }

expect 2 $cmae pretrain $tiny --out "$dir/run"
expect 0 $cmae pretrain $tiny --out "$dir/run" --resume --json
grep -q '"epochs": 30' "$dir/out"
expect 0 $cmae linprobe "$dir/run" --set probe.epochs=12
expect 0 $cmae knn "$dir/run" --json
expect 0 $cmae knn --random --set data.limit=200
expect 2 $cmae pretrain --set data.imagesize=3
grep -q 'data.image_size' "$dir/err"
expect 2 $cmae knn
expect 3 $cmae data verify "$dir/nothing"
printf broken >"$dir/broken.safetensors"
expect 4 $cmae knn "$dir/broken.safetensors"
expect 0 $cmae config
echo "smoke: ok"
