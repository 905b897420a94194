package dataset

import (
	"bytes"
	"image/color"
	"slices"
	"testing"
)

func TestEmbedded(t *testing.T) {
	data := mustOpen(t, Default())
	if data.Train.Len() != 5000 || data.Test.Len() != 1000 {
		t.Fatalf("%d+%d images, want 5000+1000", data.Train.Len(), data.Test.Len())
	}
	for _, split := range data.Report.Splits {
		for class, n := range split.PerClass {
			if n != split.Images/10 {
				t.Errorf("%s: %d of class %q, want %d", split.Name, n, class, split.Images/10)
			}
		}
	}
	if classes := data.Train.Classes(); len(classes) != 10 || classes[9] != "Ankle boot" {
		t.Errorf("classes %q", classes)
	}
	if side, err := data.Side(); side != 28 || err != nil {
		t.Errorf("side %d, %v", side, err)
	}
	if data.Train.Label(0) != 9 { // Fashion-MNIST begins with an ankle boot
		t.Errorf("first label %d", data.Train.Label(0))
	}
	const digest = "6ee5b7ba" // changes only with the embedded files or the digest's definition
	if got := data.Train.Digest()[:8]; got != digest {
		t.Errorf("digest %s, want %s", got, digest)
	}
	if licence, err := fashion.ReadFile("fashion/LICENSE"); err != nil ||
		!bytes.Contains(licence, []byte("MIT License")) {
		t.Errorf("licence is missing: %v", err)
	}
}

func TestTinyImageNet(t *testing.T) {
	dir := write(t, t.TempDir(), map[string][]byte{
		// neither sorted nor with Unix line ends
		"wnids.txt": []byte("n02\r\nn01\n"),
		"words.txt": []byte(
			"n02\tgoldfish, Carassius auratus\nn03\tnobody\nn01\n",
		),
		".DS_Store":       []byte("junk"),
		"train/.DS_Store": []byte("junk"),
		// a PNG by content, as ImageNet has
		"train/n01/images/n01_0.JPEG":  pngOf(64, 32, color.Gray{1}),
		"train/n01/images/._n01_0.JPG": []byte("junk"),
		"train/n01/n01_boxes.txt":      []byte("n01_0.JPEG\t16\t8\t48\t24\n"),
		"train/n02/images/n02_0.JPEG":  gray8(2),
		"train/n02/n02_boxes.txt":      []byte("n02_0.JPEG\t5\t5\t5\t5\n"), // no area
		"val/images/val_0.JPEG":        gray8(3),
		"val/images/val_1.JPEG":        gray8(4),
		"val/images/Thumbs.db":         []byte("junk"),
		"val/val_annotations.txt": []byte(
			"val_1.JPEG\tn01\t0\t0\t4\t8\nval_0.JPEG\tn02\t0\t0\t63\t63\n",
		),
	})
	data := mustOpen(t, configFor(t, dir))
	if data.Report.Format != TinyImageNet {
		t.Errorf("detected %q", data.Report.Format)
	}
	for i, want := range []string{"train/n01/images/n01_0.JPEG", "train/n02/images/n02_0.JPEG"} {
		if data.Train.Name(i) != want || data.Train.Label(i) != i {
			t.Errorf("train %d: %q, label %d", i, data.Train.Name(i), data.Train.Label(i))
		}
	}
	if got := data.Train.Titles(); !slices.Equal(got, []string{"n01", "goldfish"}) ||
		data.Test.Title(0) != "goldfish" || data.Test.Classes()[1] != "n02" {
		t.Errorf("titles %q", got)
	}
	if box, ok := data.Train.Box(0); !ok || box != (Box{
		Top: .25, Left: .25, Bottom: .75, Right: .75,
	}) {
		t.Errorf("box %v, %v", box, ok)
	}
	if box, ok := data.Train.Box(1); ok {
		t.Errorf("box without area %v", box)
	}
	if data.Test.Label(0) != 1 || data.Test.Label(1) != 0 || firstPixel(data.Test, 0)[0] != 3 {
		t.Errorf("val labels %d %d, want 1 0", data.Test.Label(0), data.Test.Label(1))
	}
	if box, _ := data.Test.Box(0); box != (Box{Bottom: 1, Right: 1}) { // clipped to the image
		t.Errorf("val box %v", box)
	}
	if split := data.Report.Splits[0]; split.Boxes != 1 || split.MissingBoxes != 1 {
		t.Errorf("boxes %d, missing %d", split.Boxes, split.MissingBoxes)
	}
}

func TestCIFAR(t *testing.T) {
	record := func(labels ...byte) []byte {
		for channel := range byte(3) {
			labels = append(labels, bytes.Repeat([]byte{10 * (channel + 1)}, 1024)...)
		}
		return labels
	}
	names := []byte("airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n")
	cases := []struct {
		format Format
		files  map[string][]byte
		label  int
	}{
		{
			CIFAR10,
			map[string][]byte{
				"data_batch_1.bin": record(3), "data_batch_2.bin": record(4),
				"test_batch.bin": record(5), "batches.meta.txt": names,
			},
			4,
		},
		{
			CIFAR100,
			map[string][]byte{
				"train.bin": append(record(1, 98), record(2, 99)...), "test.bin": record(0, 7),
			},
			99,
		},
	}
	for _, c := range cases {
		data := mustOpen(t, configFor(t, write(t, t.TempDir(), c.files)))
		if data.Report.Format != c.format || data.Train.Len() != 2 || data.Test.Len() != 1 {
			t.Fatalf("%s: %+v", c.format, data.Report)
		}
		missing := "train: data_batch_3.bin, data_batch_4.bin, data_batch_5.bin of 5 not there"
		if told := slices.Contains(data.Report.Warnings, missing); told != (c.format == CIFAR10) {
			t.Errorf("%s: warnings %q", c.format, data.Report.Warnings)
		}
		if data.Train.Label(1) != c.label || firstPixel(data.Train, 1) != [3]uint8{10, 20, 30} {
			t.Errorf(
				"%s: label %d, pixel %v", c.format, data.Train.Label(1), firstPixel(data.Train, 1),
			)
		}
	}
}

func TestIDXPlainAndGzip(t *testing.T) {
	images, labels := idxOf([]byte{1, 2, 3, 4, 5, 6, 7, 8}, 2, 2, 2), idxOf([]byte{1, 0}, 2)
	plain := map[string][]byte{
		"train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": labels,
		"t10k-images-idx3-ubyte": images, "t10k-labels-idx1-ubyte": labels,
	}
	zipped := map[string][]byte{"classes.txt": []byte("ze\u0301ro\none\n")}
	for name, data := range plain {
		zipped[name+".gz"] = gzipped(data)
	}
	for _, files := range []map[string][]byte{plain, zipped} {
		data := mustOpen(t, configFor(t, write(t, t.TempDir(), files)))
		if got := data.Train.Classes()[0]; got != "0" && got != "z\u00e9ro" {
			t.Errorf("class %q", got)
		}
		if data.Report.Format != IDX || data.Train.Label(0) != 1 ||
			firstPixel(data.Train, 1) != [3]uint8{5, 5, 5} || len(data.Test.Classes()) != 2 {
			t.Errorf(
				"%+v: label %d, pixel %v", data.Report, data.Train.Label(0),
				firstPixel(data.Train, 1),
			)
		}
	}
}

func TestImageFolderLabelsFollowTrain(t *testing.T) {
	dir := smallFolder(t, 2)
	// val has no ants
	write(
		t, dir,
		map[string][]byte{"train/ant/a.PNG": gray8(90), "train/ant/notes.txt": []byte("no image")},
	)
	data := mustOpen(t, configFor(t, dir))
	if data.Test.Label(0) != 1 || data.Test.Label(1) != 2 || len(data.Test.Classes()) != 3 {
		t.Errorf("labels %d %d of %q", data.Test.Label(0), data.Test.Label(1), data.Test.Classes())
	}
	if split := data.Report.Splits[0]; split.Ignored != 1 {
		t.Errorf("ignored %d files, want 1", split.Ignored)
	}
}
