#!/bin/sh
# Fetches EuroSAT (27,000 satellite images of 64 px in 10 classes, 90 MB; P. Helber et al., MIT licence) from where torchvision's
# datasets.EuroSAT has it, and prints how to train on it: the set has one split, of which a fifth is kept back to evaluate.
#   scripts/fetch-eurosat.sh [FOLDER]     default: data/eurosat
set -eu

address=https://huggingface.co/datasets/torchgeo/eurosat/resolve/c877bcd43f099cd0196738f714544e355477f3fd/EuroSAT.zip
sum=c8fa014336c82ac7804f0398fcb19387 # MD5, as torchvision has it
folder=${1:-data/eurosat}

for tool in curl unzip md5sum; do
	command -v "$tool" >/dev/null || { echo "fetch-eurosat: needs $tool" >&2; exit 1; }
done
if [ ! -d "$folder/train" ]; then
	mkdir -p "$folder"
	# beside its place, as all of it is renamed at the end
	scratch=$(mktemp -d "$folder/.fetch-XXXXXX")
	trap 'rm -rf "$scratch"' EXIT
	trap 'exit 130' INT TERM
	curl -fL --retry 3 -o "$scratch/EuroSAT.zip" "$address" || {
		echo "fetch-eurosat: cannot download $address: check the network" >&2
		exit 1
	}
	[ "$(md5sum < "$scratch/EuroSAT.zip" | cut -d ' ' -f 1)" = "$sum" ] || {
		echo "fetch-eurosat: EuroSAT.zip is not the file that is known: its MD5 is not $sum" >&2
		exit 1
	}
	unzip -q "$scratch/EuroSAT.zip" -d "$scratch"
	mv "$scratch/2750" "$folder/train"
fi
echo "--set data.path=$(cd "$folder" && pwd) --set data.holdout=5400"
