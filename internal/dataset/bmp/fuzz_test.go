package bmp

import (
	"testing"

	"cmae/internal/dataset/imagefile/imagetest"
)

func FuzzDecode(f *testing.F) {
	imagetest.Fuzz(f, "*.bmp", func(data []byte) (width, height int, err error) {
		p, err := Decode(data, imagetest.MaxPixels)
		if err != nil {
			return 0, 0, err
		}
		return p.Width, p.Height, nil
	})
}
