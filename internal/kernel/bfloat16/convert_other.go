//go:build !amd64

package bfloat16

import "cmae/internal/kernel"

func roundGroups([]kernel.Bits16, []float32) int { return 0 }

func widenGroups([]float32, []kernel.Bits16) int { return 0 }
