package evaltest

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"cmae/internal/method"
	"cmae/internal/recipe"
)

// BoxedFolder is a folder in Tiny-ImageNet's layout: two classes of n training images of 16 px, a
// bright square of 8 px in each at the place that its box names.
func BoxedFolder(t testing.TB, n int) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, data []byte) {
		path := filepath.Join(dir, name)
		if err := errors.Join(
			os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o644),
		); err != nil {
			t.Fatal(err)
		}
	}
	var wnids, annotations string
	for class := range 2 {
		wnid, boxes := fmt.Sprintf("n%08d", class), ""
		wnids += wnid + "\n"
		for i := range n {
			name := fmt.Sprintf("%s_%d.JPEG", wnid, i)
			left, top := i%9, (i*5+class)%9
			write(
				filepath.Join("train", wnid, "images", name),
				square(t, left, top, uint8(100+i+class)),
			)
			boxes += fmt.Sprintf("%s\t%d\t%d\t%d\t%d\n", name, left, top, left+7, top+7)
		}
		write(filepath.Join("train", wnid, wnid+"_boxes.txt"), []byte(boxes))
		write(fmt.Sprintf("val/images/val_%d.JPEG", class), square(t, 4, class, 200))
		annotations += fmt.Sprintf("val_%d.JPEG\t%s\t4\t%d\t11\t%d\n", class, wnid, class, class+7)
	}
	write("wnids.txt", []byte(wnids))
	write("val/val_annotations.txt", []byte(annotations))
	return dir
}

// square is an encoded 16 px image with a bright square of 8 px.
func square(t testing.TB, left, top int, bright uint8) []byte {
	img := image.NewGray(image.Rect(0, 0, 16, 16))
	for y := range 8 {
		for x := range 8 {
			img.SetGray(left+x, top+y, color.Gray{Y: bright})
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// SmallConfig is a model of one block for BoxedFolder's images, with ContrastiveCrop.
func SmallConfig(t testing.TB, data string) recipe.Pretrain {
	c := method.Default()
	c.Engine, c.Precision, c.Threads = "portable", "f32", 1
	c.Data.Path, c.Data.CacheDir = data, t.TempDir()
	c.Model.Dim, c.Model.Depth, c.Model.Heads, c.Model.PatchSize = 16, 1, 2, 4
	c.Decoder.Dim, c.Decoder.Depth = 16, 1
	c.Train.Epochs, c.Train.BatchSize = 2, 8
	c.Optim.WarmupEpochs = 1
	c.Crop.Enabled, c.Crop.Start, c.Crop.Interval = true, .5, .5
	return c
}
