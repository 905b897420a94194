package dataset

import (
	"bytes"
	"context"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
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
	if licence, err := fashion.ReadFile("fashion/LICENSE"); err != nil || !bytes.Contains(licence, []byte("MIT License")) {
		t.Errorf("licence is missing: %v", err)
	}
}

func TestTinyImageNet(t *testing.T) {
	dir := write(t, t.TempDir(), map[string][]byte{
		"wnids.txt":                    []byte("n02\r\nn01\n"), // neither sorted nor with Unix line ends
		".DS_Store":                    []byte("junk"),
		"train/.DS_Store":              []byte("junk"),
		"train/n01/images/n01_0.JPEG":  pngOf(64, 32, color.Gray{1}), // a PNG by content, as ImageNet has
		"train/n01/images/._n01_0.JPG": []byte("junk"),
		"train/n01/n01_boxes.txt":      []byte("n01_0.JPEG\t16\t8\t48\t24\n"),
		"train/n02/images/n02_0.JPEG":  gray8(2),
		"train/n02/n02_boxes.txt":      []byte("n02_0.JPEG\t5\t5\t5\t5\n"), // no area
		"val/images/val_0.JPEG":        gray8(3),
		"val/images/val_1.JPEG":        gray8(4),
		"val/images/Thumbs.db":         []byte("junk"),
		"val/val_annotations.txt":      []byte("val_1.JPEG\tn01\t0\t0\t4\t8\nval_0.JPEG\tn02\t0\t0\t63\t63\n"),
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
	if box, ok := data.Train.Box(0); !ok || box != (Box{Top: .25, Left: .25, Bottom: .75, Right: .75}) {
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
		{CIFAR10, map[string][]byte{"data_batch_1.bin": record(3), "data_batch_2.bin": record(4), "test_batch.bin": record(5), "batches.meta.txt": names}, 4},
		{CIFAR100, map[string][]byte{"train.bin": append(record(1, 98), record(2, 99)...), "test.bin": record(0, 7)}, 99},
	}
	for _, c := range cases {
		data := mustOpen(t, configFor(t, write(t, t.TempDir(), c.files)))
		if data.Report.Format != c.format || data.Train.Len() != 2 || data.Test.Len() != 1 {
			t.Fatalf("%s: %+v", c.format, data.Report)
		}
		if data.Train.Label(1) != c.label || firstPixel(data.Train, 1) != [3]uint8{10, 20, 30} {
			t.Errorf("%s: label %d, pixel %v", c.format, data.Train.Label(1), firstPixel(data.Train, 1))
		}
	}
}

func TestIDXPlainAndGzip(t *testing.T) {
	images, labels := idxOf([]byte{1, 2, 3, 4, 5, 6, 7, 8}, 2, 2, 2), idxOf([]byte{1, 0}, 2)
	plain := map[string][]byte{
		"train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": labels,
		"t10k-images-idx3-ubyte": images, "t10k-labels-idx1-ubyte": labels,
	}
	zipped := map[string][]byte{"classes.txt": []byte("zero\none\n")}
	for name, data := range plain {
		zipped[name+".gz"] = gzipped(data)
	}
	for _, files := range []map[string][]byte{plain, zipped} {
		data := mustOpen(t, configFor(t, write(t, t.TempDir(), files)))
		if data.Report.Format != IDX || data.Train.Label(0) != 1 || firstPixel(data.Train, 1) != [3]uint8{5, 5, 5} || len(data.Test.Classes()) != 2 {
			t.Errorf("%+v: label %d, pixel %v", data.Report, data.Train.Label(0), firstPixel(data.Train, 1))
		}
	}
}

func TestImageFolderLabelsFollowTrain(t *testing.T) {
	dir := smallFolder(t, 2)
	write(t, dir, map[string][]byte{"train/ant/a.PNG": gray8(90), "train/ant/notes.txt": []byte("no image")}) // val has no ants
	data := mustOpen(t, configFor(t, dir))
	if data.Test.Label(0) != 1 || data.Test.Label(1) != 2 || len(data.Test.Classes()) != 3 {
		t.Errorf("labels %d %d of %q", data.Test.Label(0), data.Test.Label(1), data.Test.Classes())
	}
	if split := data.Report.Splits[0]; split.Ignored != 1 {
		t.Errorf("ignored %d files, want 1", split.Ignored)
	}
}

// TestBadFolders: each change to a good folder must give one line that names the place.
func TestBadFolders(t *testing.T) {
	tiny := func(annotations string) map[string][]byte {
		return map[string][]byte{
			"wnids.txt": []byte("n01\n"), "train/n01/images/a.JPEG": gray8(1), "val/images/v.JPEG": gray8(2),
			"val/val_annotations.txt": []byte(annotations),
		}
	}
	images, labels := idxOf([]byte{1, 2, 3, 4}, 1, 2, 2), idxOf([]byte{0}, 1)
	idx := func(images, labels []byte) map[string][]byte {
		return map[string][]byte{"train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": labels,
			"t10k-images-idx3-ubyte": idxOf([]byte{1}, 1, 1, 1), "t10k-labels-idx1-ubyte": idxOf([]byte{0}, 1)}
	}
	cases := []struct {
		name  string
		files map[string][]byte
		want  []string
	}{
		{"nothing", map[string][]byte{"x/readme": nil}, []string{"no layout"}},
		{"parent of the data", map[string][]byte{"sub/train/a/1.png": gray8(1)}, []string{"set data.path to", "sub"}},
		{"no evaluation split", map[string][]byte{"train/a/1.png": gray8(1)}, []string{"evaluation split"}},
		{"class without images", map[string][]byte{"train/a/1.png": gray8(1), "train/b/.keep": nil, "val/a/1.png": gray8(2)}, []string{"train/b", "without images"}},
		{"class only in val", map[string][]byte{"train/a/1.png": gray8(1), "val/b/1.png": gray8(2)}, []string{"val/b"}},
		{"bad image", map[string][]byte{"train/a/1.png": []byte("<html>"), "val/a/1.png": gray8(2)}, []string{"train/a/1.png", "not a readable image", "data.on_error"}},
		{"file without annotation", tiny("other.JPEG\tn01\n"), []string{"val/images/other.JPEG", "not in the folder"}},
		{"annotation with unknown wnid", tiny("v.JPEG\tn99\n"), []string{"n99", "line 1"}},
		{"annotation without wnid", tiny("v.JPEG\n"), []string{"val_annotations.txt", "line 1"}},
		{"box of words", tiny("v.JPEG\tn01\ta\tb\tc\td\n"), []string{"line 1", `"a"`}},
		{"class folder not in wnids", map[string][]byte{"wnids.txt": []byte("n01\n"), "train/n01/images/a.png": gray8(1), "train/n02/images/a.png": gray8(1)}, []string{"train/n02"}},
		{"wnid without folder", map[string][]byte{"wnids.txt": []byte("n01\nn02\n"), "train/n01/images/a.png": gray8(1)}, []string{"n02"}},
		{"cifar cut short", map[string][]byte{"data_batch_1.bin": make([]byte, 3072), "test_batch.bin": make([]byte, 3073)}, []string{"data_batch_1.bin", "3072 bytes"}},
		{"cifar label 77", map[string][]byte{"data_batch_1.bin": append([]byte{77}, make([]byte, 3072)...), "test_batch.bin": make([]byte, 3073)}, []string{"data_batch_1.bin[0]", "label 77"}},
		{"cifar without test", map[string][]byte{"data_batch_1.bin": make([]byte, 3073)}, []string{"test_batch.bin"}},
		{"idx wrong magic", idx([]byte("not an idx file, but long enough"), labels), []string{"train-images", "magic"}},
		{"idx empty file", idx(nil, labels), []string{"train-images", "header"}},
		{"idx count above file", idx(idxOf(make([]byte, 4), 1000, 2, 2), labels), []string{"4000 bytes", "has 4"}},
		{"idx sizes overflow", idx(idxOf(nil, math.MaxUint32, math.MaxUint32, math.MaxUint32), labels), []string{"more than"}},
		{"idx labels not images", idx(images, idxOf([]byte{0, 1}, 2)), []string{"2 labels for 1 images"}},
		{"idx no images", idx(idxOf(nil, 0, 2, 2), idxOf(nil, 0)), []string{"no images"}},
		{"idx without labels", map[string][]byte{"train-images-idx3-ubyte": images}, []string{"train-labels"}},
		{"idx too few names", map[string][]byte{"classes.txt": []byte("a\n"), "train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": idxOf([]byte{4}, 1),
			"test-images-idx3-ubyte": images, "test-labels-idx1-ubyte": labels}, []string{"classes.txt", "up to 4"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Open(context.Background(), configFor(t, write(t, t.TempDir(), c.files)), 1, nil)
			wantFault(t, err, c.want...)
		})
	}
}

func TestGzipBombAndDamage(t *testing.T) {
	bomb := gzipped(idxOf(make([]byte, 32<<20), 32, 1024, 1024))
	cut := gzipped(idxOf(bytes.Repeat([]byte("image"), 20), 1, 10, 10))
	wrongSum := bytes.Clone(cut)
	wrongSum[len(wrongSum)-6] ^= 1
	for name, data := range map[string][]byte{"bomb": bomb, "truncated": cut[:len(cut)-12], "wrong sum": wrongSum, "not gzip": []byte("plain"),
		"trailing": gzipped(idxOf([]byte{1, 2}, 1, 1, 1))} {
		if _, _, err := parseIDX(data, true, 3); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, _, err := parseIDX(cut, true, 3); err != nil {
		t.Error(err)
	}
}

func FuzzIDX(f *testing.F) {
	f.Add(idxOf([]byte{1, 2, 3, 4}, 1, 2, 2), false)
	f.Add(gzipped(idxOf([]byte{1, 2, 3, 4}, 1, 2, 2)), true)
	f.Fuzz(func(t *testing.T, raw []byte, zipped bool) {
		data, size, err := parseIDX(raw, zipped, 3)
		if err == nil && len(data) != size[0]*size[1]*size[2] {
			t.Errorf("sizes %v with %d bytes", size, len(data))
		}
	})
}

// TestOddFiles: a pipe must not block, a link must not leave the folder, a folder is no image; each is a bad file.
func TestOddFiles(t *testing.T) {
	outside := write(t, t.TempDir(), map[string][]byte{"secret.png": gray8(250)})
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	cases := []struct {
		name, want string
		make       func(path string)
	}{
		{"pipe", "not a regular file", func(p string) { must(unix.Mkfifo(p, 0o644)) }},
		{"folder", "is a folder", func(p string) { must(os.Mkdir(p, 0o755)) }},
		{"link outside", "leaves the data folder", func(p string) { must(os.Symlink(filepath.Join(outside, "secret.png"), p)) }},
		{"link up", "leaves the data folder", func(p string) { must(os.Symlink("../../../../../../../../etc/passwd", p)) }},
		{"loop", "", func(p string) { must(os.Symlink(filepath.Base(p), p)) }},
		{"nowhere", "no such file", func(p string) { must(os.Symlink("absent.png", p)) }},
		{"device", "", func(p string) { must(os.Symlink("/dev/zero", p)) }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := smallFolder(t, 2)
			c.make(filepath.Join(dir, "train", "cat", "odd.jpg"))
			_, err := Open(context.Background(), configFor(t, dir), 1, nil)
			wantFault(t, err, "odd.jpg", c.want)
		})
	}
	dir := smallFolder(t, 2)
	must(os.Symlink("000.png", filepath.Join(dir, "train", "cat", "inside.png")))
	if data := mustOpen(t, configFor(t, dir)); data.Train.Len() != 5 {
		t.Errorf("a link inside the folder is fine, got %d images", data.Train.Len())
	}
}

func TestBadPaths(t *testing.T) {
	dir := write(t, t.TempDir(), map[string][]byte{"data.tar.gz": nil})
	for path, want := range map[string]string{"absent": "check data.path", "data.tar.gz": "unpacked folder"} {
		_, err := Open(context.Background(), configFor(t, filepath.Join(dir, path)), 1, nil)
		wantFault(t, err, path, want)
	}
}

func TestConfig(t *testing.T) {
	cases := []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.Format = "imagnet" }, "tiny-imagenet, folder"},
		{func(c *Config) { c.Format = IDX }, "data.path"},
		{func(c *Config) { c.Format, c.Path = FashionMNISTMini, "x" }, "embedded"},
		{func(c *Config) { c.OnError = "replace" }, `"fail", "skip"`},
		{func(c *Config) { c.Limit = -1 }, "data.limit"},
		{func(c *Config) { c.BadBudget = math.NaN() }, "data.bad_budget"},
		{func(c *Config) { c.Std[1] = 0 }, "data.std"},
		{func(c *Config) { c.MaxPixels = 0 }, "data.max_pixels"},
	}
	for i, c := range cases {
		config := Default()
		c.change(&config)
		if err := config.Validate(); err == nil || !bytes.Contains([]byte(err.Error()), []byte(c.want)) {
			t.Errorf("case %d: error %v lacks %q", i, err, c.want)
		}
	}
	if err := Default().Validate(); err != nil {
		t.Error(err)
	}
	var colour Colour
	if err := colour.UnmarshalText([]byte("#0a14ff")); err != nil || colour != (Colour{10, 20, 255}) {
		t.Errorf("%v, %v", colour, err)
	}
	if text, _ := colour.MarshalText(); string(text) != "#0a14ff" {
		t.Errorf("written as %s", text)
	}
	for _, bad := range []string{"", "red", "#fff", "0a14ff", "#0a14fg"} {
		if colour.UnmarshalText([]byte(bad)) == nil {
			t.Errorf("accepted %q", bad)
		}
	}
}
