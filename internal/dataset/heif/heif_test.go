package heif

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cmae/internal/dataset/raster"
)

func TestMain(m *testing.M) {
	Main()
	os.Exit(m.Run())
}

// needLibrary leaves out tests of what the machine has not.
func needLibrary(t *testing.T) {
	version, err := Version()
	if err != nil {
		t.Skip(err)
	}
	t.Logf("libheif %s", version)
}

func flat(p *raster.Picture) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, p.Width, p.Height))
	for i := range p.Width * p.Height {
		c := color.NRGBA{p.Pix[3*i], p.Pix[3*i+1], p.Pix[3*i+2], 255}
		if p.Alpha.Values != nil {
			c.A = p.Alpha.Values[i]
		}
		if out.Set(i%p.Width, i/p.Width, c); p.Alpha.Associated {
			out.SetRGBA(i%p.Width, i/p.Width, color.RGBA(c))
		}
	}
	return out
}

// tolerance is 3, but for the edges of subsampled AVIF by libheif before 1.19, which goes by way of
// R, G, B. Patches have none that it could not hold.
func tolerance(name string) int {
	version, _ := Version()
	var major, minor int
	fmt.Sscanf(version, "%d.%d", &major, &minor)
	if major == 1 && minor < 14 && strings.Contains(name, "limited-10") {
		return 24 // it misreads limited range of more than 8 bits
	}
	if strings.Contains(name, "patches") || strings.HasSuffix(name, ".heic") {
		return 2
	}
	if major == 1 && minor < 19 {
		return 5
	}
	return 3
}

// TestFixtures compares files with what Pillow and pillow-heif make of them.
func TestFixtures(t *testing.T) {
	needLibrary(t)
	expected, err := filepath.Glob("testdata/*.png")
	if err != nil || len(expected) == 0 {
		t.Fatal("no fixtures")
	}
	var pool Pool
	defer pool.Close()
	for _, path := range expected {
		name := strings.TrimSuffix(path, ".png")
		t.Run(filepath.Base(name), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			p, err := pool.Decode(data, 1<<16)
			if errors.Is(err, ErrMissing) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			file, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			decoded, err := png.Decode(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			want, got := image.NewRGBA(decoded.Bounds()), flat(p)
			draw.Draw(want, want.Rect, decoded, image.Point{}, draw.Src)
			if want.Rect != got.Rect {
				t.Fatalf("%v, want %v", got.Rect, want.Rect)
			}
			worst := 0
			for i, v := range got.Pix {
				d := int(v) - int(want.Pix[i])
				worst = max(worst, d, -d)
			}
			if limit := tolerance(name); worst > limit {
				t.Errorf("%d of 255 apart, more than %d", worst, limit)
			}
		})
	}
}

// TestDamage: whatever a file does to the library, this process goes on, and soon.
func TestDamage(t *testing.T) {
	needLibrary(t)
	random := rand.New(rand.NewPCG(1, 2))
	var pool Pool
	defer pool.Close()
	for _, name := range []string{"420.heic", "420.avif"} {
		whole, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 60 {
			data := bytes.Clone(whole)
			if i < 10 {
				data = data[:len(data)*i/10]
			} else {
				for range 1 + random.IntN(6) {
					data[16+random.IntN(len(data)-16)] = byte(random.Uint32())
				}
			}
			start := time.Now()
			p, err := pool.Decode(data, 1<<14)
			if err == nil && (p.Width*p.Height > 1<<14 || p.Width*p.Height < 1) {
				t.Errorf("%s: %dx%d pixels", name, p.Width, p.Height)
			}
			if took := time.Since(start); took > 40*time.Second {
				t.Errorf("%s: took %v", name, took)
			}
		}
	}
}

func TestTooLarge(t *testing.T) {
	needLibrary(t)
	data, err := os.ReadFile("testdata/420.heic")
	if err != nil {
		t.Fatal(err)
	}
	var pool Pool
	defer pool.Close()
	if p, err := pool.Decode(data, 70*52-1); !errors.Is(err, ErrSize) || p.Width != 70 {
		t.Errorf("%+v, %v", p, err)
	}
}

// TestMissing: without a library a file is refused with what to do about it.
func TestMissing(t *testing.T) {
	t.Setenv(LibraryVariable, filepath.Join(t.TempDir(), "libheif.so"))
	var pool Pool
	defer pool.Close()
	for range 2 {
		_, err := pool.Decode([]byte("\x00\x00\x00\x10ftypheic\x00\x00\x00\x00"), 1<<16)
		if !errors.Is(err, ErrMissing) ||
			!strings.Contains(err.Error(), "apt-get install libheif1") {
			t.Errorf("got %v", err)
		}
	}
}

// TestGone: a process that ends, or answers nonsense, is the file's fault.
func TestGone(t *testing.T) {
	needLibrary(t)
	w, err := start(1 << 16)
	if err != nil {
		t.Fatal(err)
	}
	w.command.Process.Kill()
	pool := Pool{idle: []*worker{w}}
	defer pool.Close()
	data, err := os.ReadFile("testdata/420.heic")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Decode(data, 1<<16); !errors.Is(err, errGone) {
		t.Errorf("got %v", err)
	}
	if _, err := pool.Decode(data, 1<<16); err != nil { // by a new one
		t.Errorf("got %v", err)
	}
}

func TestKind(t *testing.T) {
	for text, want := range map[string]string{
		"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic": "heic",
		"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1avif": "avif",
		"\x00\x00\x00\x18ftypavis\x00\x00\x00\x00mif1miaf": "avif",
		"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom": "",
		"\x00\x00\x00\x18ftyp":                             "",
	} {
		if got := Kind([]byte(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
