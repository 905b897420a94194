package imagefile

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cmae/internal/dataset/heif"
)

// TestMain lets the test's own program decode HEIC.
func TestMain(m *testing.M) {
	heif.Main()
	os.Exit(m.Run())
}

// fixtures are the files of testdata by name, without the expected pictures.
func fixtures(t testing.TB) map[string][]byte {
	paths, err := filepath.Glob("testdata/*.*.png")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	files := map[string][]byte{}
	for _, path := range paths {
		name := strings.TrimSuffix(path, ".png")
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = data
	}
	return files
}

// ours says whether a file is read by our own decoders, which must not even panic.
func ours(name string) bool {
	switch filepath.Ext(name) {
	case ".png", ".gif":
		return false
	}
	return true
}

// TestDamage: whatever happens to a file, it is decoded or refused, soon and within the limit.
func TestDamage(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	limits := Limits{MaxPixels: 1 << 12}
	for name, whole := range fixtures(t) {
		try := func(data []byte, what string) {
			start := time.Now()
			p, err := Decode(data, limits)
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("%s, %s: took %v", name, what, took)
			}
			if err != nil && ours(name) && strings.Contains(err.Error(), "gave up") {
				t.Errorf("%s, %s: %v", name, what, err)
			}
			if err == nil && (p.Width*p.Height <= 0 || p.Width*p.Height > limits.MaxPixels) {
				t.Errorf("%s, %s: %dx%d pixels", name, what, p.Width, p.Height)
			}
		}
		for cut := range 16 {
			try(whole[:len(whole)*cut/16], "cut short")
		}
		for range 60 {
			data := bytes.Clone(whole)
			for range 1 + random.IntN(4) {
				data[random.IntN(len(data))] = byte(random.Uint32())
			}
			try(data, "bytes changed")
		}
		for range 40 { // headers stand at the beginning, those of TIFF often at the end
			data := bytes.Clone(whole)
			at := random.IntN(min(len(data), 300))
			if random.IntN(2) == 0 {
				at = len(data) - 1 - at
			}
			data[at] = []byte{0, 1, 0x7f, 0x80, 0xff}[random.IntN(5)]
			try(data, "a header's byte changed")
		}
	}
}

// TestHalves: a picture that ends in the middle is an error, not gray below.
func TestHalves(t *testing.T) {
	for name, whole := range fixtures(t) {
		if _, err := Decode(whole[:len(whole)/2], Limits{MaxPixels: 1 << 16}); err == nil &&
			!strings.HasPrefix(name, "animated") {
			t.Errorf("half of %s is accepted", name)
		}
	}
}

// TestBombs: a small file that claims much is refused before memory is taken for it.
func TestBombs(t *testing.T) {
	ifd := func(tags ...[2]uint32) []byte {
		out := []byte("II*\x00\x08\x00\x00\x00")
		out = binary.LittleEndian.AppendUint16(out, uint16(len(tags)))
		for _, tag := range tags {
			out = binary.LittleEndian.AppendUint16(out, uint16(tag[0]))
			out = binary.LittleEndian.AppendUint16(out, 4)
			out = binary.LittleEndian.AppendUint32(out, 1)
			out = binary.LittleEndian.AppendUint32(out, tag[1])
		}
		return append(out, make([]byte, 64)...)
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"tiff of 2^32 x 2^32": {
			ifd(
				[2]uint32{256, 1<<32 - 1}, [2]uint32{257, 1<<32 - 1}, [2]uint32{273, 8},
				[2]uint32{279, 9},
			),
			"max_pixels",
		},
		"tiff with a tile of 2^30 x 2^30": {
			ifd([2]uint32{256, 9}, [2]uint32{257, 9}, [2]uint32{258, 8}, [2]uint32{322, 1 << 30},
				[2]uint32{323, 1 << 30}, [2]uint32{324, 8}, [2]uint32{325, 9}),
			"beyond measure",
		},
		"tiff of many samples": {
			ifd(
				[2]uint32{256, 9}, [2]uint32{257, 9}, [2]uint32{277, 1 << 31}, [2]uint32{273, 8},
				[2]uint32{279, 9},
			),
			"damaged",
		},
		"map of 10^9 pixels": {[]byte("P5 100000 10000 255\n"), "max_pixels"},
		"map without pixels": {[]byte("P5 0 5 255\n"), "empty"},
		"map that ends":      {[]byte("P6 50 50 255\nabc"), "ends early"},
		"empty":              {nil, "empty file"},
	} {
		_, err := Decode(c.data, Limits{MaxPixels: 1 << 20})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, data := range fixtures(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if heif.Kind(data) != "" { // a process each would take all the time
			return
		}
		p, err := Decode(data, Limits{MaxPixels: 1 << 12})
		if err != nil && ours("x."+Kind(data)) && strings.Contains(err.Error(), "gave up") {
			t.Error(err)
		}
		if err == nil && (p.Width <= 0 || p.Height <= 0 || p.Width*p.Height > 1<<12) {
			t.Errorf("accepted %dx%d", p.Width, p.Height)
		}
	})
}
