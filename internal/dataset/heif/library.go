package heif

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"unsafe"

	"cmae/internal/dl"
)

// LibraryVariable names the environment variable that points at the library to use.
const LibraryVariable = "CMAE_HEIF_LIB"

// library is libheif, from version 1.11 on: its functions by address.
type library struct{ names map[string]uintptr }

// functions are those that are called.
var functions = []string{
	"heif_get_version", "heif_have_decoder_for_format",
	"heif_context_alloc", "heif_context_free", "heif_context_read_from_memory_without_copy",
	"heif_context_set_maximum_image_size_limit", "heif_context_get_primary_image_handle",
	"heif_image_handle_release", "heif_image_handle_get_width", "heif_image_handle_get_height",
	"heif_image_handle_is_premultiplied_alpha", "heif_image_handle_get_nclx_color_profile",
	"heif_image_get_nclx_color_profile", "heif_nclx_color_profile_free", "heif_decode_image",
	"heif_image_release",
	"heif_image_get_plane_readonly", "heif_image_get_width", "heif_image_get_height",
	"heif_image_get_bits_per_pixel_range", "heif_image_has_channel",
}

// find opens the library that the environment names, else the first that there is.
func find() (*library, error) {
	if path := os.Getenv(LibraryVariable); path != "" {
		return load(path)
	}
	candidates := []string{"libheif.so.1", "libheif.so"}
	for _, folder := range []string{
		"/usr/local/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64",
	} {
		files, _ := filepath.Glob(filepath.Join(folder, "libheif.so*"))
		slices.Sort(files)
		candidates = append(candidates, files...)
	}
	for _, path := range candidates {
		if l, err := load(path); err == nil {
			return l, nil
		}
	}
	return nil, ErrMissing
}

func load(path string) (*library, error) {
	file, err := dl.Open(path, true)
	if err != nil {
		return nil, err
	}
	l := &library{names: map[string]uintptr{}}
	for _, name := range functions {
		if l.names[name], err = file.Symbol(name); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// call calls a function of whole numbers and pointers. What is pointed at must stay where it is
// while the function runs.
//
//go:uintptrescapes
func (l *library) call(name string, args ...uintptr) uintptr {
	r, _ := dl.Call(l.names[name], args...)
	return r
}

// check calls a function that returns libheif's error: two numbers, of which 0 is none, and a text.
//
//go:uintptrescapes
func (l *library) check(name string, args ...uintptr) error {
	r, text := dl.Call(l.names[name], args...)
	if int32(r) == 0 {
		return nil
	}
	return fmt.Errorf("%s", cString(text))
}

func (l *library) version() string { return cString(l.call("heif_get_version")) }

// cString copies a text of C's, up to a line.
func cString(at uintptr) string {
	if at == 0 {
		return "no reason given"
	}
	const longest = 300
	// the pointer is C's: it does not move
	text := unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&at))), longest)
	for i, c := range text {
		if c == 0 || c == '\n' {
			return string(text[:i])
		}
	}
	return string(text)
}

// Numbers of libheif.
const (
	compressionHEVC = 1
	compressionAV1  = 4
	// asCoded asks for the planes as they are coded. Versions before 1.19 give monochrome so, and
	// make the rest R, G, B of full range; what else is asked of them is made of that, with the
	// matrix of BT.601 whatever the file's is.
	asCoded = 99
)

// decode reads a picture's planes.
func (l *library) decode(data []byte, maxPixels int) *coded {
	fail := func(outcome uint32, err error) *coded {
		return &coded{head: head{Outcome: outcome}, Text: err.Error()}
	}
	ctx := l.call("heif_context_alloc")
	defer l.call("heif_context_free", ctx)
	defer runtime.KeepAlive(data)
	l.call("heif_context_set_maximum_image_size_limit", ctx, uintptr(min(maxPixels, 1<<20)))
	start := uintptr(unsafe.Pointer(unsafe.SliceData(data)))
	if err := l.check(
		"heif_context_read_from_memory_without_copy", ctx, start, uintptr(len(data)), 0,
	); err != nil {
		return fail(refused, err)
	}
	var handle uintptr
	if err := l.check(
		"heif_context_get_primary_image_handle", ctx, uintptr(unsafe.Pointer(&handle)),
	); err != nil {
		return fail(refused, err)
	}
	defer l.call("heif_image_handle_release", handle)
	c := &coded{head: head{
		Width:  int32(l.call("heif_image_handle_get_width", handle)),
		Height: int32(l.call("heif_image_handle_get_height", handle)),
	}}
	if int64(c.Width)*int64(c.Height) > int64(maxPixels) || c.Width < 1 || c.Height < 1 {
		c.Outcome = tooLarge
		return c
	}
	compression, name, plugin := uintptr(compressionHEVC), "HEVC", "libheif-plugin-libde265"
	if Kind(data) == "avif" {
		compression, name, plugin = compressionAV1, "AV1", "libheif-plugin-dav1d"
	}
	if int32(l.call("heif_have_decoder_for_format", compression)) == 0 {
		return fail(lacking, fmt.Errorf(
			"libheif %s has no decoder of %s: install it (apt-get install %s), "+
				"or save the image as JPEG or PNG",
			l.version(), name, plugin,
		))
	}
	var image uintptr
	if err := l.check(
		"heif_decode_image", handle, uintptr(unsafe.Pointer(&image)), asCoded, asCoded, 0,
	); err != nil {
		return fail(refused, err)
	}
	defer l.call("heif_image_release", image)
	if err := l.planes(c, image); err != nil {
		return fail(refused, err)
	}
	if compression == compressionAV1 { // as libavif does; libheif repeats that of HEIC
		c.Smooth, c.Halved = 1, halved(data)
	}
	c.Premultiplied = int32(l.call("heif_image_handle_is_premultiplied_alpha", handle))
	l.colours(c, handle, image)
	return c
}

// planes copies the channels that an image has.
func (l *library) planes(c *coded, image uintptr) error {
	for channel := range uintptr(numChannels) {
		if int32(l.call("heif_image_has_channel", image, channel)) == 0 {
			continue
		}
		p := plane{
			Width:  int32(l.call("heif_image_get_width", image, channel)),
			Height: int32(l.call("heif_image_get_height", image, channel)),
			Bits:   int32(l.call("heif_image_get_bits_per_pixel_range", image, channel)),
		}
		var stride int32
		at := l.call(
			"heif_image_get_plane_readonly", image, channel, uintptr(unsafe.Pointer(&stride)),
		)
		row := int(p.Width) * (int(p.Bits+7) / 8)
		if at == 0 || p.Width < 1 || p.Height < 1 || p.Bits < 1 || p.Bits > 16 ||
			p.Width > c.Width || p.Height > c.Height || int(stride) < row {
			return fmt.Errorf("plane %d of %dx%d samples", channel, p.Width, p.Height)
		}
		all := unsafe.Slice(
			(*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&at))), int(stride)*int(p.Height-1)+row,
		)
		data := make([]byte, 0, row*int(p.Height))
		for y := range int(p.Height) {
			data = append(data, all[y*int(stride):][:row]...)
		}
		c.head.Planes[channel], c.Planes[channel] = p, data
	}
	return nil
}

// nclx is libheif's description of colours, up to what is read of it.
type nclx struct {
	version                     uint8
	primaries, transfer, matrix int32
	fullRange                   uint8
}

// colours says what the planes mean. The image tells first: a library may have converted them to
// another range and matrix (1.23 does), and the handle tells of the file. R, G, B mean what they
// are; how the file had them is of use to halve alone. What is left open is BT.601 in full range.
func (l *library) colours(c *coded, handle, image uintptr) {
	c.Matrix, c.FullRange = 6, 1
	sources := []struct {
		name string
		of   uintptr
	}{
		{"heif_image_get_nclx_color_profile", image},
		{"heif_image_handle_get_nclx_color_profile", handle},
	}
	if c.Planes[channelR] != nil {
		slices.Reverse(sources)
	}
	for _, s := range sources {
		var p *nclx
		if err := l.check(s.name, s.of, uintptr(unsafe.Pointer(&p))); err == nil && p != nil {
			c.Matrix, c.FullRange = p.matrix, int32(p.fullRange)
			l.call("heif_nclx_color_profile_free", uintptr(unsafe.Pointer(p)))
			return
		}
	}
}
