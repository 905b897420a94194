package dataset

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"cmae/internal/dataset/eightbit"
	"cmae/internal/dataset/heif"
	"cmae/internal/dataset/imagefile"
	"cmae/internal/dataset/pack"
	"cmae/internal/dataset/raster"
)

// maxFileBytes bounds one image file: the largest image allowed by default fits in it uncompressed
// with 16-bit channels.
const maxFileBytes = 512 << 20

// decodeVersion is counted up when the pixels of some files change.
const decodeVersion = 4

// decoder turns files into images of so many channels, and survives whatever they hold.
type decoder struct {
	eightbit.Converter
	maxPixels int
	heif      *heif.Pool
	room      *imagefile.Room
}

// decoder is the one that the settings ask for.
func (c Config) decoder() decoder {
	return decoder{
		Converter: eightbit.Converter{
			Channels: c.Channels, Alpha: c.Alpha, Background: c.Background,
			Upright: c.ExifOrientation,
			Stretch: eightbit.NewStretch(c.Range, c.Channels, c.workers()),
		},
		maxPixels: c.MaxPixels, heif: new(heif.Pool), room: imagefile.NewRoom(),
	}
}

// stands says whether packed images are still what files would be decoded to: black and white may
// have been chosen by other files, and a library that some needed may have come.
func (d *decoder) stands(ix pack.Index) bool {
	if d == nil {
		return true
	}
	if ix.Lacking {
		if _, err := heif.Version(); err == nil {
			return false
		}
	}
	return ix.Levels == nil || ix.Levels.Basis == d.Stretch.Own.Basis
}

// close ends what decoding has started besides this process.
func (d *decoder) close() {
	if d != nil && d.heif != nil {
		d.heif.Close()
	}
}

// loadFrom gives the load function of a source of image files.
func (d decoder) loadFrom(f folder) load {
	return func(e entry, use func(Image, eightbit.Traits)) error {
		var bad error
		err := d.look(f, e, func(p *raster.Picture) {
			img, found, err := d.Convert(p)
			if bad = err; err == nil {
				use(img, found)
			}
		})
		if err == nil && bad != nil {
			err = faultOf(f.full(e.name), "", "%w", bad)
		}
		return err
	}
}

// look reads a file, at any depth, and hands the picture to use; others wait while it takes their
// room.
func (d decoder) look(f folder, e entry, use func(*raster.Picture)) error {
	info, err := f.regular(e.name)
	if err != nil {
		return err
	}
	release, err := d.room.File(min(info.Size(), maxFileBytes))
	if err != nil {
		return err
	}
	defer release()
	data, err := f.readAll(e.name, info.Size(), maxFileBytes)
	if err != nil {
		return err
	}
	l := imagefile.Limits{
		MaxPixels: d.maxPixels, Channels: d.Channels, Bands: d.Alpha == eightbit.AlphaBand, HEIF: d.heif,
	}
	if err := d.room.Decode(data, l, use); err != nil {
		return faultOf(f.full(e.name), "", "%w", err)
	}
	return nil
}

// sight lets black and white be found by files, whose places place knows. It has room of its own:
// an image that is being decoded may wait for black and white of the set.
func (d decoder) sight(entries []entry, place func(entry) (folder, entry)) eightbit.Sight {
	d.room = imagefile.NewRoom()
	hash := sha256.New()
	for _, e := range entries {
		fmt.Fprintf(hash, "%q %q\n", e.name, e.stamp)
	}
	return eightbit.Sight{
		Files: len(entries), Basis: hex.EncodeToString(hash.Sum(nil)[:16]),
		Picture: func(i int, use func(*raster.Picture)) error {
			f, e := place(entries[i])
			return d.look(f, e, use)
		},
	}
}
