package dataset

import (
	"cmae/internal/dataset/heif"
	"cmae/internal/dataset/imagefile"
	"cmae/internal/dataset/raster"
)

// maxFileBytes bounds one image file: the largest image allowed by default fits in it uncompressed
// with 16-bit channels.
const maxFileBytes = 512 << 20

// decodeVersion is counted up when the pixels of some files change.
const decodeVersion = 3

// decoder turns files into images of so many channels, and survives whatever they hold.
type decoder struct {
	maxPixels  int
	background Colour
	channels   int
	alpha      Alpha
	upright    bool // by the orientation tag
	levels     *levels
	heif       *heif.Pool
	room       *room
}

// decoder is the one that the settings ask for.
func (c Config) decoder() decoder {
	return decoder{
		maxPixels: c.MaxPixels, background: c.Background, channels: c.Channels, alpha: c.Alpha,
		upright: c.ExifOrientation,
		levels:  &levels{setting: c.Range, workers: c.workers(), groups: c.groups()},
		heif:    new(heif.Pool), room: newRoom(),
	}
}

// stands says whether packed images are still what files would be decoded to: black and white may
// have been chosen by other files, and a library that some needed may have come.
func (d *decoder) stands(ix index) bool {
	if d == nil {
		return true
	}
	if ix.Lacking {
		if _, err := heif.Version(); err == nil {
			return false
		}
	}
	return ix.Levels == nil || ix.Levels.Basis == d.levels.own.basis
}

// close ends what decoding has started besides this process.
func (d *decoder) close() {
	if d != nil && d.heif != nil {
		d.heif.Close()
	}
}

// loadFrom gives the load function of a source of image files.
func (d decoder) loadFrom(f folder) load {
	return func(e entry, use func(Image, traits)) error {
		var bad error
		err := d.look(f, e, func(p *raster.Picture) {
			img, found, err := d.convert(p)
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
	release, err := d.room.file(min(info.Size(), maxFileBytes))
	if err != nil {
		return err
	}
	defer release()
	data, err := f.readAll(e.name, info.Size(), maxFileBytes)
	if err != nil {
		return err
	}
	l := imagefile.Limits{
		MaxPixels: d.maxPixels, Channels: d.channels, Bands: d.alpha == AlphaBand, HEIF: d.heif,
	}
	if err := d.room.decode(data, l, use); err != nil {
		return faultOf(f.full(e.name), "", "%w", err)
	}
	return nil
}

// sighting is look for levels, at files that place finds. It has room of its own: an image that is
// being decoded may wait for the levels of the set.
func (d decoder) sighting(place func(entry) (folder, entry)) sighting {
	d.room = newRoom()
	return func(e entry, use func(*raster.Picture)) error {
		f, e := place(e)
		return d.look(f, e, use)
	}
}

// convert makes a picture 8-bit channels as the settings ask, and says what a user should know of
// it.
func (d decoder) convert(p *raster.Picture) (img Image, found traits, err error) {
	if d.channels == 3 {
		img = d.rgb(p, &found)
	} else if img, err = d.bands(p, &found); err != nil {
		return img, found, err
	}
	found.add(FirstPage, p.Pages > 1)
	found.add(FirstFrame, p.Frames > 1)
	found.add(ExtraBand, p.Bands > 0)
	found.add(Elongated, max(p.Width, p.Height) > 2*min(p.Width, p.Height))
	if d.upright && p.Orientation > 1 {
		img = turned(img, p.Orientation)
		found.add(Turned, true)
	}
	return img, found, nil
}

// rgb converts the samples, over the background where they are transparent.
func (d decoder) rgb(p *raster.Picture, found *traits) Image {
	found.bands = p.Bands + colours(p)
	s := d.planes(p, found)
	s.pix, s.channels = s.colours(), 3
	if s.alpha.Values != nil && d.blends() {
		found.add(Veiled, veiled(s.alpha.Values))
		s.blend(d.background[:])
	}
	return Image{Width: p.Width, Height: p.Height, Pix: s.pix}
}
