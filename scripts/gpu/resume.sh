#!/bin/sh
# Goes on from the middle of a run, in processes of their own, and compares the state at the end with the undisturbed run's, bit for bit:
# with the programs kept on disk (same_bits_kept), and with programs compiled again (same_bits_again).
# Usage: resume.sh FOLDER. CMAE names the binary.
set -eu
dir=$1
half=step-20 end=step-40
mkdir -p "$dir"
export XDG_CACHE_HOME="$dir/kept"
"$CMAE" pretrain --quiet --out "$dir/whole" --set engine=xla --set data.limit=320 --set train.batch_size=32 --set train.epochs=4 \
	--set train.checkpoint_every=2 --set train.keep_last=0 --set optim.warmup_epochs=1 --set model.dim=64 --set model.depth=2 \
	--set model.heads=2 --set model.patch_size=7 --set contrast.hidden=64 --set contrast.out=32 >&2
compare() { # RUN
	for file in model optimizer; do
		cmp "$dir/whole/checkpoints/$end/$file.safetensors" "$dir/$1/checkpoints/$end/$file.safetensors" >&2 || return
	done
}

same='' all=0
for cache in kept again; do
	run=$cache-run
	cp -R "$dir/whole" "$dir/$run"
	rm -r "$dir/$run/checkpoints/$end"
	ln -sfn "checkpoints/$half" "$dir/$run/last"
	XDG_CACHE_HOME="$dir/$cache" "$CMAE" pretrain --quiet --resume --out "$dir/$run" >&2
	compare "$run" && is=true || is=false all=1
	same="$same${same:+, }\"same_bits_$cache\": $is"
done
echo "{$same}"
exit $all
