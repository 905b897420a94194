// Package jpeg decodes every JPEG file that libjpeg-turbo decodes, to the same samples: sequential
// and progressive, Huffman and arithmetic coding, 8 and 12 bits, lossless, any whole ratio of
// sampling, streams without Huffman tables as webcams send them, tables apart as TIFF keeps them.
// Chroma is interpolated as libjpeg does by default, so that a picture is the one that Pillow and
// torchvision show.
//
// Reading order: decode.go (the way through), markers.go and tables.go (what stands before a scan),
// scan.go (the blocks of a scan and restarts), bits.go and huffman.go, progressive.go,
// arithmetic.go with estimates.go (three ways to code a block), lossless.go, idct.go, upsample.go,
// colour.go.
//
// No header is believed before its size passed the limit, a file may have a bounded number of
// scans, and image data that ends early is an error.
package jpeg
