package dataset

import (
	"bytes"
	"fmt"
	"image"
	_ "image/gif"  // decoders register themselves: what a file is called does not matter
	_ "image/jpeg" //
	_ "image/png"  //

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// maxFileBytes bounds one image file: the largest image allowed by default fits in it uncompressed
// with 16-bit channels.
const maxFileBytes = 512 << 20

// decoder turns files into RGB and survives whatever they hold.
type decoder struct {
	maxPixels  int
	background Colour
}

// decoder is the one that the settings ask for.
func (c Config) decoder() decoder {
	return decoder{maxPixels: c.MaxPixels, background: c.Background}
}

// loadFrom gives the load function of a source of image files.
func (d decoder) loadFrom(f folder) func(entry) (Image, error) {
	return func(e entry) (Image, error) {
		data, err := f.read(e.name, maxFileBytes)
		if err != nil {
			return Image{}, err
		}
		img, err := d.decode(data)
		if err != nil {
			return Image{}, fault(f.full(e.name), "", "%w", err)
		}
		return img, nil
	}
}

// decode looks at the header first: decoders allocate what it says. A decoder's panic is the file's
// fault, not ours.
func (d decoder) decode(data []byte) (img Image, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			img, err = Image{}, fmt.Errorf("decoder gave up: %v", cause)
		}
	}()
	if len(data) == 0 {
		return Image{}, fmt.Errorf("empty file")
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return Image{}, fmt.Errorf("not a readable image: %w", err)
	}
	if err := d.checkSize(config.Width, config.Height); err != nil {
		return Image{}, err
	}
	decoded, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return Image{}, fmt.Errorf("damaged %s image: %w", format, err)
	}
	if err := d.checkSize(decoded.Bounds().Dx(), decoded.Bounds().Dy()); err != nil {
		return Image{}, err
	}
	return toRGB(decoded, d.background), nil
}

// checkSize refuses empty and oversized images. Go decodes a JPEG of height 0 without complaint.
func (d decoder) checkSize(width, height int) error {
	if width <= 0 || height <= 0 {
		return fmt.Errorf("image of %dx%d pixels is empty", width, height)
	}
	if int64(width)*int64(height) > int64(d.maxPixels) || width > d.maxPixels ||
		height > d.maxPixels {
		return fmt.Errorf(
			"image of %dx%d pixels exceeds data.max_pixels %d", width, height, d.maxPixels,
		)
	}
	return nil
}
