//go:build !unix

package xla

import (
	"unsafe"

	"cmae/internal/kernel/pjrt"
)

func reserve() (unsafe.Pointer, error) { return nil, pjrt.ErrUnsupported }
func release([]byte)                   {}
