#!/bin/sh
# Fetches the plugin of the engine xla, and what of its vendor it needs, from PyPI: the wheels that scripts/xla/KIND.txt pins, with
# their checksums. Needs python3 with pip for that; cmae itself needs neither.
#   scripts/fetch-xla.sh cpu|cuda13|rocm [FOLDER]     default: where cmae looks, ~/.local/share/cmae/xla
# cpu is 63 MB and for tests, cuda13 some 2 GB (NVIDIA's driver 580 or later), rocm needs AMD's ROCm 7 installed.
set -eu

kind=${1:-}
pins=$(cd "$(dirname "$0")" && pwd)/xla/$kind.txt
[ -n "$kind" ] && [ -f "$pins" ] || { echo "usage: fetch-xla.sh cpu|cuda13|rocm [FOLDER]" >&2; exit 2; }
folder=${2:-${XDG_DATA_HOME:-$HOME/.local/share}/cmae/xla}
python3 -m pip --version >/dev/null 2>&1 || { echo "fetch-xla: needs python3 with pip (apt-get install python3-pip)" >&2; exit 1; }

mkdir -p "$folder"
scratch=$(mktemp -d "$folder/.fetch-XXXXXX")
trap 'rm -rf "$scratch"' EXIT INT TERM
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes -d "$scratch/wheels" \
	-r "$pins" >&2 || { echo "fetch-xla: cannot download what $pins lists: check the network" >&2; exit 1; }
for wheel in "$scratch"/wheels/*.whl; do
	python3 -m zipfile -e "$wheel" "$scratch/unpacked"
	rm "$wheel" # a wheel of hundreds of megabytes need not lie beside what was in it
done
chmod -R u+rwX "$scratch/unpacked"
find "$scratch/unpacked" -path '*/bin/*' -type f -exec chmod +x {} +
rm -rf "${folder:?}/$kind"
mv "$scratch/unpacked" "$folder/$kind"
echo "$folder/$kind"
