// Package onednn is the fast engine for CPUs: matrix products, convolution, max pooling and, in
// bf16, attention and GELU run in oneDNN, the rest in the portable engine, which it embeds. The
// shared library is opened at run time without cgo, so one binary runs with and without it.
//
// Reading order: find.go (which library), library.go (its functions), status.go (what they
// return), held_linux_amd64.go (how they are called), spec.go (what a primitive is),
// v2.go and v3.go (the two C interfaces of it), primitive.go, compile.go and detour.go (compile
// once, run often, in the layouts that the library likes), engine.go; then the methods: linear.go,
// attention.go, convolution.go, pool.go, elementwise.go over types.go (what runs in bf16) and
// scratch.go. probe.go tells what the library can do, backend.go what training should know of the
// engine. The letters are those of package kernel.
//
// One OS thread makes all calls, since OpenMP keeps a team of workers per calling thread; see
// Engine. Results repeat bit for bit at a fixed number of threads.
package onednn
