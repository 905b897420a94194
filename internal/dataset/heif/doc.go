// Package heif reads HEIC and AVIF pictures by libheif, where the machine has it. There is no
// decoder of either in Go that tells a damaged file: those made of WebAssembly give an empty
// picture for it without an error, and go on for ever on some.
//
// The library runs in a process of its own, which is this program called with Worker: what a
// hostile file does to it ends that process and no other, its memory is limited, and it is stopped
// when it takes too long. The library is asked for the planes as they are coded, which the formats
// define to the bit; they become R, G, B here. Versions give them as they are (1.19), converted to
// another range and matrix (1.23), or as R, G, B (before): what they are, the image says.
//
// Reading order: heif.go (what a file is, and the way through), worker.go (the other process, from
// here), serve.go (the same from there), library.go (finding and calling libheif), limit_linux.go
// (the memory that it may take), planes.go (what goes between), colour.go, halve.go (chroma of
// libheif before 1.19).
package heif
