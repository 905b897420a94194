#!/bin/sh
# Builds the archives of a release, with manual pages and completions for shells, and SHA256SUMS:
#   scripts/release.sh v0.1.0 dist
# The same commit and Go give the same bytes.
set -eu
version=$1 dist=$2
rm -rf "$dist"
mkdir -p "$dist/extra/completion"
export CGO_ENABLED=0
build() { # SYSTEM ARCHITECTURE FILE
	GOOS=$1 GOARCH=$2 go build -trimpath -ldflags "-s -w -X main.release=$version" -o "$3" ./cmd/cmae
}
build "$(go env GOHOSTOS)" "$(go env GOHOSTARCH)" "$dist/host"
"$dist/host" docs --man "$dist/extra/man1"
for shell in bash zsh fish; do
	"$dist/host" completion $shell > "$dist/extra/completion/cmae.$shell"
done
"$dist/host" completion powershell > "$dist/extra/completion/cmae.ps1"
"$dist/host" version --licences > "$dist/extra/licences.txt"
cp -r LICENSE README.md CHANGELOG.md CONTRIBUTING.md docs configs "$dist/extra"
for target in linux/amd64 linux/arm64 darwin/arm64 windows/amd64; do
	system=${target%/*} architecture=${target#*/}
	name=cmae-$version-$system-$architecture
	binary=cmae
	if [ "$system" = windows ]; then binary=cmae.exe; fi
	cp -r "$dist/extra" "$dist/$name"
	build "$system" "$architecture" "$dist/$name/$binary"
	tar -C "$dist" --sort=name --owner=0 --group=0 --numeric-owner --mode=go-w \
		--mtime="$(git log -1 --format=%cI)" -cf - "$name" | gzip -9n > "$dist/$name.tar.gz"
	rm -r "${dist:?}/$name"
done
rm -r "$dist/extra" "$dist/host"
(cd "$dist" && sha256sum ./*.tar.gz > SHA256SUMS)
