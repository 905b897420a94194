package tiff

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/image/tiff/lzw"
)

// unpack gives the want bytes of a strip or tile, in buffer where it can.
func (l *layout) unpack(data, buffer []byte, want int, s segment) ([]byte, error) {
	if l.reversed && l.compression != packLZW && l.compression != packDeflate {
		turned := make([]byte, len(data))
		for i, b := range data {
			turned[i] = bits.Reverse8(b)
		}
		data = turned
	}
	switch l.compression {
	case packNone:
		return data, nil
	case packBits:
		return unpackBits(data, buffer, want)
	case packLZW:
		r := lzw.NewReader(bytes.NewReader(data), lzw.MSB, 8)
		defer r.Close()
		return fill(r, buffer, want)
	case packDeflate, packDeflat2:
		r, err := zlib.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		defer r.Close()
		return fill(r, buffer, want)
	case packZstd:
		r, err := zstd.NewReader(
			bytes.NewReader(data), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxMemory(1<<30), zstd.WithDecoderMaxWindow(128<<20),
		)
		if err != nil {
			return nil, err
		}
		defer r.Close()
		return fill(r, buffer, want)
	case packRLE, packFax3, packFax4:
		return l.unpackFax(data, want, s)
	}
	return nil, fmt.Errorf("compression %d is not read", l.compression)
}

// fill reads want bytes, or what there is of them.
func fill(r io.Reader, buffer []byte, want int) ([]byte, error) {
	if cap(buffer) < want {
		buffer = make([]byte, 0, want)
	}
	n, err := io.ReadFull(r, buffer[:want])
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = errors.New("strip or tile ends early")
	}
	return buffer[:n], err
}

// unpackBits undoes runs of bytes.
func unpackBits(data, buffer []byte, want int) ([]byte, error) {
	for len(buffer) < want && len(data) > 0 {
		n := int(int8(data[0]))
		switch data = data[1:]; {
		case n >= 0:
			n = min(n+1, len(data))
			buffer = append(buffer, data[:n]...)
			data = data[n:]
		case n > -128 && len(data) > 0:
			buffer = append(buffer, bytes.Repeat(data[:1], 1-n)...)
			data = data[1:]
		}
	}
	return buffer, nil
}
