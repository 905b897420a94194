package jpeg

import (
	"testing"

	"cmae/internal/dataset/imagefile/imagetest"
)

func FuzzDecode(f *testing.F) {
	imagetest.Fuzz(f, "*.jpg", func(data []byte) (width, height int, err error) {
		p, err := Decode(data, Options{MaxPixels: imagetest.MaxPixels})
		if err != nil {
			return 0, 0, err
		}
		return p.Width, p.Height, nil
	})
}
