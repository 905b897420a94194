//go:build !linux

package heif

func limitMemory(int) {}
