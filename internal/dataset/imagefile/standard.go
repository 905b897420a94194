package imagefile

import (
	"bytes"
	"fmt"
	"image"
	_ "image/jpeg" // decoders register themselves: what a file is called does not matter
	_ "image/png"  //

	"cmae/internal/dataset/raster"
)

// decodeStandard looks at the header first: decoders allocate what it says.
func decodeStandard(data []byte, l Limits) (*raster.Picture, error) {
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("not a readable image: %w", err)
	}
	if err := l.check(config.Width, config.Height); err != nil {
		return nil, err
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("damaged %s image: %w", format, err)
	}
	p := &raster.Picture{Width: img.Bounds().Dx(), Height: img.Bounds().Dy(), Image: img}
	if format == "png" {
		p.Frames = pngFrames(data)
		p.Gray = data[pngColourAt]&^4 == 0
	}
	return p, nil
}

// pngColourAt is where a PNG says its kind of colours: 0 for gray, 4 for gray with transparency.
const pngColourAt = 25

// pngFrames is what an animation's control chunk says.
func pngFrames(data []byte) int {
	for _, c := range pngChunks(data) {
		if c.kind == "acTL" && len(c.data) >= 4 {
			n := int(c.data[0])<<24 | int(c.data[1])<<16 | int(c.data[2])<<8 | int(c.data[3])
			return several(n)
		}
	}
	return 0
}

func several(n int) int {
	if n < 2 {
		return 0
	}
	return n
}
