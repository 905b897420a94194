#!/bin/sh
# Fetches the full Fashion-MNIST (60,000 + 10,000 images, 31 MB) from Debian's or Ubuntu's dataset-fashion-mnist, without root,
# and prints how to train on it.
#   scripts/fetch-fashion-mnist.sh [FOLDER]     default: data/fashion-mnist
set -eu

package=dataset-fashion-mnist
classes=$(cd "$(dirname "$0")/.." && pwd)/internal/dataset/fashion/classes.txt
sums=$(cd "$(dirname "$0")" && pwd)/fashion-mnist.sha256 # of the files when unpacked
folder=${1:-data/fashion-mnist}

for tool in apt-get dpkg-deb; do
	command -v "$tool" >/dev/null || { echo "fetch-fashion-mnist: needs $tool (Debian, Ubuntu)" >&2; exit 1; }
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT INT TERM
(cd "$scratch" && apt-get -q download "$package" >&2) || {
	echo "fetch-fashion-mnist: cannot download $package: run 'apt-get update' once, or check the network" >&2
	exit 1
}
dpkg-deb -x "$scratch/$package"_*.deb "$scratch/unpacked"
files=$scratch/unpacked/usr/share/datasets/fashion-mnist
while read -r sum name; do
	[ "$(gzip -dc "$files/$name.gz" | sha256sum | cut -d ' ' -f 1)" = "$sum" ] || {
		echo "fetch-fashion-mnist: $name of $package is not the file that is known" >&2
		exit 1
	}
done < "$sums"

mkdir -p "$folder"
cp "$files"/*.gz "$scratch/unpacked/usr/share/doc/$package/copyright" "$folder/"
cp "$classes" "$folder/"
echo "--set data.path=$(cd "$folder" && pwd)"
