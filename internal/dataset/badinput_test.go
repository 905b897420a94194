package dataset

import (
	"bytes"
	"context"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

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
		{
			"nothing",
			map[string][]byte{"x/readme": nil, ".1.png": gray8(1), "__MACOSX/1.png": gray8(1)},
			[]string{"no layout", "without labels"},
		},
		{
			"parent of the data", map[string][]byte{"sub/train/a/1.png": gray8(1)},
			[]string{"set data.path to", "sub"},
		},
		{
			"data deeper down", map[string][]byte{"a/b/train/c/1.png": gray8(1), "1.png": gray8(2)},
			[]string{"set data.path to", filepath.Join("a", "b"), "data.format"},
		},
		{
			"test images alone", map[string][]byte{"test/a/1.png": gray8(1)},
			[]string{"folder test", "data.format to images"},
		},
		{
			"train without images", map[string][]byte{"train/readme": nil, "val/a/1.png": gray8(1)},
			[]string{"train", "holds no image"},
		},
		{
			"bad image without labels",
			map[string][]byte{"a/1.png": []byte("<html>"), "2.png": gray8(2)},
			[]string{"a/1.png", "not a readable image", "data.on_error"},
		},
		{
			"tiny without annotations",
			map[string][]byte{
				"wnids.txt": []byte("n01\n"), "train/n01/images/a.JPEG": gray8(1),
				"val/images/v.JPEG": gray8(2),
			},
			[]string{"val_annotations.txt", "missing"},
		},
		{
			"bad image",
			map[string][]byte{"train/a/1.png": []byte("<html>"), "val/a/1.png": gray8(2)},
			[]string{"train/a/1.png", "not a readable image", "data.on_error"},
		},
		{
			"file without annotation", tiny("other.JPEG\tn01\n"),
			[]string{"val/images/other.JPEG", "not in the folder"},
		},
		{"annotation with unknown wnid", tiny("v.JPEG\tn99\n"), []string{"n99", "line 1"}},
		{
			"two annotations of a file", tiny("v.JPEG\tn01\nv.JPEG\tn01\n"),
			[]string{"val_annotations.txt", "line 2", "line before"},
		},
		{"annotation without wnid", tiny("v.JPEG\n"), []string{"val_annotations.txt", "line 1"}},
		{"box of words", tiny("v.JPEG\tn01\ta\tb\tc\td\n"), []string{"line 1", `"a"`}},
		{
			"class folder not in wnids",
			map[string][]byte{
				"wnids.txt": []byte("n01\n"), "train/n01/images/a.png": gray8(1),
				"train/n02/images/a.png": gray8(1),
			},
			[]string{"train/n02"},
		},
		{
			"wnid without folder",
			map[string][]byte{
				"wnids.txt": []byte("n01\nn02\n"), "train/n01/images/a.png": gray8(1),
			},
			[]string{"n02"},
		},
		{
			"cifar cut short",
			map[string][]byte{
				"data_batch_1.bin": make([]byte, 3072), "test_batch.bin": make([]byte, 3073),
			},
			[]string{"data_batch_1.bin", "3072 bytes"},
		},
		{
			"cifar label 77",
			map[string][]byte{
				"data_batch_1.bin": append([]byte{77}, make([]byte, 3072)...),
				"test_batch.bin":   make([]byte, 3073),
			},
			[]string{"data_batch_1.bin[0]", "label 77"},
		},
		{
			"cifar without test", map[string][]byte{"data_batch_1.bin": make([]byte, 3073)},
			[]string{"test_batch.bin"},
		},
		{
			"idx wrong magic", idx([]byte("not an idx file, but long enough"), labels),
			[]string{"train-images", "magic"},
		},
		{"idx empty file", idx(nil, labels), []string{"train-images", "header"}},
		{
			"idx count above file", idx(idxOf(make([]byte, 4), 1000, 2, 2), labels),
			[]string{"4000 bytes", "has 4"},
		},
		{
			"idx sizes overflow",
			idx(idxOf(nil, math.MaxUint32, math.MaxUint32, math.MaxUint32), labels),
			[]string{"more than"},
		},
		{
			"idx labels not images", idx(images, idxOf([]byte{0, 1}, 2)),
			[]string{"2 labels for 1 images"},
		},
		{"idx no images", idx(idxOf(nil, 0, 2, 2), idxOf(nil, 0)), []string{"no images"}},
		{
			"idx without labels", map[string][]byte{"train-images-idx3-ubyte": images},
			[]string{"train-labels"},
		},
		{"idx too few names", map[string][]byte{"classes.txt": []byte("a\n"), "train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": idxOf([]byte{4}, 1),
			"test-images-idx3-ubyte": images, "test-labels-idx1-ubyte": labels}, []string{"classes.txt", "up to 4"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Open(
				context.Background(), configFor(t, write(t, t.TempDir(), c.files)), 1, nil,
			)
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
		"trailing":        gzipped(idxOf([]byte{1, 2}, 1, 1, 1)),
		"sizes beyond 64": gzipped(idxOf(nil, 1<<32-1, 1<<32-1, 2))} {
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
	f.Add(gzipped(idxOf(nil, 1<<32-1, 1<<32-1, 2)), true)
	f.Fuzz(func(t *testing.T, raw []byte, zipped bool) {
		data, size, err := parseIDX(raw, zipped, 3)
		if err == nil && len(data) != size[0]*size[1]*size[2] {
			t.Errorf("sizes %v with %d bytes", size, len(data))
		}
	})
}

// TestOddFiles: a pipe must not block, a link to a file must not leave the folder; each is a bad
// file.
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
		{"pipe", "not a regular file", func(p string) { must(exec.Command("mkfifo", p).Run()) }},
		{
			"link outside", "leaves the data folder",
			func(p string) { must(os.Symlink(filepath.Join(outside, "secret.png"), p)) },
		},
		{
			"link up", "leaves the data folder",
			func(p string) { must(os.Symlink("../../../../../../../../etc/passwd", p)) },
		},
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
	for path, want := range map[string]string{
		"absent": "check data.path", "data.tar.gz": "unpacked folder",
	} {
		_, err := Open(context.Background(), configFor(t, filepath.Join(dir, path)), 1, nil)
		wantFault(t, err, path, want)
	}
}
