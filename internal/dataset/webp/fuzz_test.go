package webp

import (
	"testing"

	"cmae/internal/dataset/imagefile/imagetest"
)

func FuzzDecode(f *testing.F) {
	imagetest.Fuzz(f, "*.webp", func(data []byte) (width, height int, err error) {
		img, _, err := Decode(data, imagetest.MaxPixels)
		if err != nil {
			return 0, 0, err
		}
		Metadata(data)
		size := img.Bounds().Size()
		return size.X, size.Y, nil
	})
}
