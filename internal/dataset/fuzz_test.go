package dataset

import (
	"bytes"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"cmae/internal/dataset/eightbit"
)

// inMemory is a folder of files that no disk holds.
func inMemory(files map[string]string) folder {
	all := fstest.MapFS{}
	for name, text := range files {
		all[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	return folder{files: all, path: "folder"}
}

// wantSound fails on entries whose label is no class, or that lack a name.
func wantSound(t *testing.T, s *source) {
	t.Helper()
	for _, e := range s.entries {
		if e.label < 0 || e.label >= len(s.classes) || e.name == "" {
			t.Errorf("entry %q has label %d of %d classes", e.name, e.label, len(s.classes))
		}
		e.box.fractions(7, 5)
	}
}

// FuzzCIFAR: whatever the files of CIFAR hold, they are refused or every record can be read.
func FuzzCIFAR(f *testing.F) {
	record := bytes.Repeat([]byte{3}, 1+3*cifarSide*cifarSide)
	names := strings.Repeat("x\n", 10)
	f.Add(record, record, names, false)
	f.Add(append([]byte{99}, record...), append([]byte{1}, record...), "", true)
	f.Add(append([]byte{255}, record...), record, "x", true)
	f.Fuzz(func(t *testing.T, train, test []byte, names string, hundred bool) {
		layout := cifar10
		if hundred {
			layout = cifar100
		}
		files := map[string]string{
			layout.train[0]: string(train), layout.test[0]: string(test),
		}
		if names != "" {
			files[layout.names] = names
		}
		a, b, err := readCIFAR(inMemory(files), layout)
		if err != nil {
			return
		}
		for _, s := range []*source{a, b} {
			wantSound(t, s)
			for _, e := range s.entries {
				err := s.load(e, func(img Image, _ eightbit.Traits) {
					if len(img.Pix) != 3*cifarSide*cifarSide {
						t.Errorf("%d bytes of pixels", len(img.Pix))
					}
				})
				if err != nil {
					t.Error(err)
				}
			}
		}
	})
}

// FuzzAnnotations: whatever the text files of Tiny-ImageNet say, they are refused or every image
// has a label that is a class.
func FuzzAnnotations(f *testing.F) {
	f.Add("b\na\n", "a_0.JPEG\t0\t0\t62\t62\n", "v.JPEG\ta\t1\t2\t3\t4\n", "a\tword, other\n")
	f.Add("", "", "v.JPEG a\nw.JPEG none 1 2 3 4\n", "")
	f.Add("a", "x -1 99999999999999999999 0 0", "v.JPEG a 9 9 1 1", "\t\t")
	f.Fuzz(func(t *testing.T, wnids, boxes, annotations, words string) {
		in := input{folder: inMemory(map[string]string{
			"wnids.txt": wnids, "words.txt": words, "train/a/a_boxes.txt": boxes,
			"train/a/images/a_0.JPEG": "x", "train/b/images/b_0.JPEG": "x",
			"val/val_annotations.txt": annotations, "val/images/v.JPEG": "x",
		})}
		in.folder.words()
		if in.readTinyImageNet(testDecoder) != nil {
			return
		}
		wantSound(t, in.train)
		wantSound(t, in.test)
	})
}

// FuzzLabels: whatever a list of labels holds, it is refused in one line, or no line of it names a
// file outside the data folder or an unknown split.
func FuzzLabels(f *testing.F) {
	f.Add("path,label\na.png,x\n")
	f.Add("\ufefffile;class;split\na.png;x;val\n..\\b.png;;\n")
	f.Add("id\tlabel_1\tother\n\"a\nb\"\t\xe9\t1\n")
	f.Fuzz(func(t *testing.T, text string) {
		data := inMemory(map[string]string{labelFile: text})
		list, err := readTable(data, labelFile, data)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q", err)
			}
			return
		}
		for _, r := range list.rows {
			if !fs.ValidPath(slashed(r.file)) || r.split != "" && !isSplit(r.split) {
				t.Errorf("line %d names %q in %q", r.line, r.file, r.split)
			}
		}
	})
}
