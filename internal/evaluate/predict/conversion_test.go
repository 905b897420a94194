package predict

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/dataset/augment"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/evaluate/probe"
	"cmae/internal/report"
	"cmae/internal/weights/exchange"
)

// deepFolder is a labelled folder of images of 16 bits that use a few levels.
func deepFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for i := range 24 {
		img := image.NewGray16(image.Rect(0, 0, 8, 8))
		for at := range 64 {
			img.SetGray16(at%8, at/8, color.Gray16{Y: uint16(600 + (at*(i+3))%41)})
		}
		name := fmt.Sprintf("%s/%s/%d.png", []string{"train", "val"}[i/4%2], classNames[i%2], i)
		writePNG(t, filepath.Join(dir, name), img)
	}
	return dir
}

func writePNG(t *testing.T, path string, img image.Image) {
	t.Helper()
	var out bytes.Buffer
	err := errors.Join(
		png.Encode(&out, img), os.MkdirAll(filepath.Dir(path), 0o755),
		os.WriteFile(path, out.Bytes(), 0o644),
	)
	if err != nil {
		t.Fatal(err)
	}
}

// odd are images of which each setting of the conversion makes other pixels: half transparent ones,
// a photo with a tag of orientation, one of 16 bits.
func odd(t *testing.T) string {
	t.Helper()
	dir, rect := t.TempDir(), image.Rect(0, 0, 8, 8)
	veiled, deep, photo := image.NewNRGBA(rect), image.NewGray16(rect), image.NewGray(rect)
	for at := range 64 {
		x, y := at%8, at/8
		veiled.SetNRGBA(x, y, color.NRGBA{uint8(4 * at), uint8(255 - 3*at), 90, uint8(2 * at)})
		deep.SetGray16(x, y, color.Gray16{Y: uint16(590 + at)})
		photo.SetGray(x, y, color.Gray{Y: uint8(30 * x)})
	}
	writePNG(t, filepath.Join(dir, "veiled.png"), veiled)
	writePNG(t, filepath.Join(dir, "deep.png"), deep)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, photo, nil); err != nil {
		t.Fatal(err)
	}
	tag := "Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00"
	text := slices.Concat(
		out.Bytes()[:2], []byte{0xff, 0xe1, 0, byte(2 + len(tag))}, []byte(tag), out.Bytes()[2:],
	)
	if err := os.WriteFile(filepath.Join(dir, "turned.jpg"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// openWith is the encoder of a run or file with settings changed, and what it has told.
func openWith(t *testing.T, from string, set ...string) (*encoder.Encoder, *strings.Builder) {
	t.Helper()
	var told strings.Builder
	e, err := encoder.Open(encoder.Options{
		From: from, Console: report.NewConsole(&told, false), Changes: config.Source{
			Set: append([]string{"engine=portable", "precision=f32", "threads=1"}, set...),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e, &told
}

func predicted(t *testing.T, e *encoder.Encoder, head, images string) []Image {
	t.Helper()
	r, err := Run(context.Background(), e, Options{Probe: head, Images: []string{images}, Top: 5})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Images) != 3 {
		t.Fatalf("%d images", len(r.Images))
	}
	return r.Images
}

// conversions are settings that an encoder must find as they were, and what is said of them.
var conversions = []struct{ set, told string }{
	{"data.alpha=drop", "data.alpha drop, as"},
	{"data.background=#000000", "data.background #000000, as"},
	{"data.exif_orientation=false", "data.exif_orientation false, as"},
	{"data.range=600,640", "data.range 600,640, as"},
	{"data.range=full", "data.range full, as"},
}

// TestProbesKeepTheConversion: predict shows images as a probe saw them, unless --set says
// otherwise; a file from before that was kept takes what the encoder says.
func TestProbesKeepTheConversion(t *testing.T) {
	run, _, _ := tuned(t, false)
	images, dir := odd(t), t.TempDir()
	train := func(name string, set ...string) string {
		e, _ := openWith(t, run, append(
			set, "probe.epochs=1", "probe.warmup_epochs=0", "data.cache_dir="+dir,
		)...)
		r, err := probe.Run(context.Background(), e)
		if err != nil {
			t.Fatal(err)
		}
		path, err := probe.Keep(e, r, filepath.Join(dir, name+".safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	// as before, of the same classifier
	old := func(path string) string {
		p, err := probe.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		p.About.Conversion = nil
		path = filepath.Join(t.TempDir(), "old.safetensors")
		if err := p.Save(path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for i, c := range conversions {
		t.Run(c.set, func(t *testing.T) {
			head := train(fmt.Sprint(i), c.set)
			before := old(head)
			e, told := openWith(t, run)
			got := predicted(t, e, head, images)
			if want := c.told + " " + head + " keeps it"; !strings.Contains(told.String(), want) {
				t.Errorf("told %q, not %q", told.String(), want)
			}
			e, _ = openWith(t, run, c.set)
			if want := predicted(t, e, before, images); !reflect.DeepEqual(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
			e, told = openWith(t, run)
			usual := predicted(t, e, before, images)
			if reflect.DeepEqual(got, usual) || strings.Contains(told.String(), "keeps it") {
				t.Errorf("the setting makes no difference: %v, told %q", usual, told.String())
			}
			key, _, _ := strings.Cut(c.set, "=")
			back := dataset.Default().Conversion()
			set := map[string]string{
				"data.alpha": string(back.Alpha), "data.background": "#ffffff",
				"data.exif_orientation": "true", "data.range": string(back.Range),
			}[key]
			e, told = openWith(t, run, key+"="+set)
			if asked := predicted(t, e, head, images); !reflect.DeepEqual(asked, usual) ||
				strings.Contains(told.String(), "keeps it") {
				t.Errorf("--set %s=%s: %v, want %v, told %q", key, set, asked, usual, told.String())
			}
		})
	}
	t.Run("data.range=auto", func(t *testing.T) {
		set := []string{"data.path=" + deepFolder(t)}
		head := train("auto", set...)
		e, told := openWith(t, run)
		got := predicted(t, e, head, images)
		if !strings.Contains(told.String(), "600 is black and 640 white") {
			t.Errorf("told %q", told.String())
		}
		e, _ = openWith(t, run, "data.range=600,640")
		if want := predicted(t, e, old(head), images); !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		e, _ = openWith(t, run)
		if usual := predicted(t, e, old(head), images); reflect.DeepEqual(got, usual) {
			t.Errorf("the levels make no difference: %v", usual)
		}
	})
	// a default is kept, too, for an encoder whose settings are others
	e, _ := openWith(t, run, "data.alpha=drop")
	other := filepath.Join(dir, "other.safetensors")
	if _, err := exchange.Export(e, exchange.ExportOptions{Out: other}); err != nil {
		t.Fatal(err)
	}
	e, _ = openWith(t, other)
	blend := train("blend")
	if _, err := probe.Of(e, blend); err != nil || e.Config.Data.Alpha != "blend" {
		t.Errorf("alpha %s, %v", e.Config.Data.Alpha, err)
	}
	// older files kept the background with pad alone
	p, err := probe.Open(blend)
	if err == nil {
		p.About.Conversion, p.About.Fit, p.About.CropPct = nil, augment.FitPad, 1
		err = p.Save(blend)
	}
	e, _ = openWith(t, run)
	if err == nil {
		_, err = probe.Of(e, blend)
	}
	if err != nil || e.Config.Data.Background != (dataset.Colour{}) {
		t.Errorf("background %v, %v", e.Config.Data.Background, err)
	}
}

// TestExportsKeepTheConversion: a finetuned encoder predicts after its export as in its run.
func TestExportsKeepTheConversion(t *testing.T) {
	run, _, _ := tuned(t, false)
	images := odd(t)
	export := func(set ...string) string {
		e, _ := openWith(t, run, set...)
		out := filepath.Join(t.TempDir(), "e.safetensors")
		if _, err := exchange.Export(e, exchange.ExportOptions{Out: out}); err != nil {
			t.Fatal(err)
		}
		return out
	}
	e, _ := openWith(t, run)
	usual := predicted(t, e, "", images)
	for _, c := range append(conversions, struct{ set, told string }{
		"data.path=" + deepFolder(t), "600 is black and 640 white, by the training images",
	}) {
		t.Run(c.set, func(t *testing.T) {
			out := export(c.set)
			e, told := openWith(t, out)
			got := predicted(t, e, "", images)
			if !strings.Contains(told.String(), c.told) {
				t.Errorf("told %q, not %q", told.String(), c.told)
			}
			e, _ = openWith(t, run, c.set)
			if want := predicted(t, e, "", images); !reflect.DeepEqual(got, want) ||
				reflect.DeepEqual(got, usual) {
				t.Errorf("got %v, want %v, by default %v", got, want, usual)
			}
			again := filepath.Join(t.TempDir(), "again.safetensors")
			e, _ = openWith(t, out)
			if _, err := exchange.Export(e, exchange.ExportOptions{Out: again}); err != nil {
				t.Fatal(err)
			}
			one, err := os.ReadFile(out)
			two, err2 := os.ReadFile(again)
			if err = errors.Join(err, err2); err != nil || !bytes.Equal(one, two) {
				t.Errorf("%v: exported again, the file is another", err)
			}
		})
	}
	e, told := openWith(t, export(), "data.range=auto")
	if got := predicted(t, e, "", images); e.Config.Data.Levels != nil ||
		strings.Contains(told.String(), "keeps it") || len(got) != len(usual) {
		t.Errorf("by default: told %q", told.String())
	}
}
