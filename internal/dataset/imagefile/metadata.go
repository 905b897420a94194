package imagefile

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"io"
	"regexp"
	"strings"

	"cmae/internal/dataset/webp"
)

const (
	exifHeader = "Exif\x00\x00"
	xmpHeader  = "http://ns.adobe.com/xap/1.0/\x00"
	// orientationTag is the tag of TIFF that EXIF has it from
	orientationTag = 0x0112
)

// orientation finds which way up the picture was taken, 1 to 8, or 0 where the file says nothing.
// EXIF goes before XMP.
func orientation(data []byte) int {
	var exif, xmp []byte
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8")):
		exif, xmp = jpegMetadata(data)
	case bytes.HasPrefix(data, []byte(pngSignature)):
		exif, xmp = pngMetadata(data)
	case webp.Is(data):
		exif, xmp = webp.Metadata(data)
	}
	if o := exifOrientation(exif); o > 0 {
		return o
	}
	return xmpOrientation(xmp)
}

// exifOrientation reads the tag from the first directory of what is a small TIFF file.
func exifOrientation(exif []byte) int {
	exif = bytes.TrimPrefix(exif, []byte(exifHeader))
	if len(exif) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.LittleEndian
	if exif[0] == 'M' {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(exif[4:]))
	if at+2 > int64(len(exif)) {
		return 0
	}
	n := int(order.Uint16(exif[at:]))
	for entry := exif[at+2:]; n > 0 && len(entry) >= 12; n, entry = n-1, entry[12:] {
		if order.Uint16(entry) != orientationTag {
			continue
		}
		v := int(order.Uint16(entry[8:]))
		if order.Uint16(entry[2:]) == 4 { // a long
			v = int(order.Uint32(entry[8:]))
		}
		if v >= 1 && v <= 8 {
			return v
		}
	}
	return 0
}

func xmpOrientation(xmp []byte) int {
	found := regexp.MustCompile(`tiff:Orientation(?:="|>)([1-8])`).FindSubmatch(xmp)
	if found == nil {
		return 0
	}
	return int(found[1][0] - '0')
}

// jpegMetadata looks at the segments before the image data.
func jpegMetadata(data []byte) (exif, xmp []byte) {
	for at := 2; at+4 <= len(data); {
		if data[at] != 0xff || data[at+1] == 0xff {
			at++
			continue
		}
		m := data[at+1]
		if m == 0 || m == 1 || m >= 0xd0 && m <= 0xd8 {
			at += 2
			continue
		}
		end := at + 2 + int(binary.BigEndian.Uint16(data[at+2:]))
		if m == 0xd9 || m == 0xda || end > len(data) {
			break
		}
		body := data[min(at+4, end):end]
		switch {
		case m == 0xe1 && bytes.HasPrefix(body, []byte(exifHeader)) && exif == nil:
			exif = body
		case m == 0xe1 && bytes.HasPrefix(body, []byte(xmpHeader)) && xmp == nil:
			xmp = body
		}
		at = end
	}
	return exif, xmp
}

const pngSignature = "\x89PNG\r\n\x1a\n"

type pngChunk struct {
	kind string
	data []byte
}

// pngChunks lists the chunks of a file, without the image data.
func pngChunks(data []byte) (list []pngChunk) {
	for at := len(pngSignature); at+12 <= len(data); {
		n := int64(binary.BigEndian.Uint32(data[at:]))
		if n > int64(len(data)-at-12) {
			break
		}
		if kind := string(data[at+4 : at+8]); kind != "IDAT" {
			list = append(list, pngChunk{kind, data[at+8 : at+8+int(n)]})
		}
		at += 12 + int(n)
	}
	return list
}

// pngMetadata knows the chunk for EXIF and the two ways of keeping it as text that came before.
func pngMetadata(data []byte) (exif, xmp []byte) {
	const profile = "Raw profile type "
	for _, c := range pngChunks(data) {
		key, rest, _ := bytes.Cut(c.data, []byte{0})
		switch {
		case c.kind == "eXIf":
			exif = c.data
		case c.kind == "iTXt" && string(key) == "XML:com.adobe.xmp":
			xmp = rest
		case exif == nil && (c.kind == "tEXt" || c.kind == "zTXt") &&
			(string(key) == profile+"exif" || string(key) == profile+"APP1"):
			if c.kind == "zTXt" {
				rest = inflate(bytes.TrimPrefix(rest, []byte{0}))
			}
			exif = hexProfile(rest)
		}
	}
	return exif, xmp
}

// inflate gives at most a megabyte of compressed text.
func inflate(data []byte) []byte {
	r, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(r, 1<<20))
	return text
}

// hexProfile decodes ImageMagick's text of a profile: a name, a length, then digits.
func hexProfile(text []byte) []byte {
	lines := strings.SplitN(strings.TrimSpace(string(text)), "\n", 3)
	if len(lines) < 3 {
		return nil
	}
	decoded, err := hex.DecodeString(strings.Join(strings.Fields(lines[2]), ""))
	if err != nil {
		return nil
	}
	return decoded
}
