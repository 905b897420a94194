package dataset

import (
	"image/color"
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestTinyImageNetAsPeopleKeepIt: val sorted into folders of classes, with or without what was
// beside it, and train without the folders called images.
func TestTinyImageNetAsPeopleKeepIt(t *testing.T) {
	wide := pngOf(64, 32, color.Gray{1})
	train := map[string][]byte{
		"wnids.txt": []byte("n02\nn01\n"), "train/n01/images/a.JPEG": wide,
		"train/n01/n01_boxes.txt": []byte("a.JPEG\t16\t8\t48\t24\n"), "train/n02/images/b.JPEG": gray8(2),
	}
	flat := map[string][]byte{
		"wnids.txt": []byte("n02\nn01\n"), "train/n01/a.JPEG": wide,
		"train/n01/n01_boxes.txt": []byte("a.JPEG\t16\t8\t48\t24\n"), "train/n02/b.JPEG": gray8(2),
	}
	lines := []byte("v.JPEG\tn02\t0\t0\t4\t8\n")
	cases := []struct {
		name  string
		train map[string][]byte
		val   map[string][]byte
		test  string // the image of val
		told  string
		fault string // of CheckEvaluation
	}{
		{
			"flat train", flat, map[string][]byte{"val/images/v.JPEG": gray8(3), annotations: lines},
			"val/images/v.JPEG", "", "",
		},
		{"both sorted", flat, map[string][]byte{"val/n02/v.JPEG": gray8(3)}, "val/n02/v.JPEG", "", ""},
		{"val sorted", train, map[string][]byte{"val/n02/v.JPEG": gray8(3)}, "val/n02/v.JPEG", "", ""},
		{
			"val sorted as train is", train, map[string][]byte{"val/n02/images/v.JPEG": gray8(3)},
			"val/n02/images/v.JPEG", "", "",
		},
		{
			"val sorted within images", train, map[string][]byte{"val/images/n02/v.JPEG": gray8(3)},
			"val/images/n02/v.JPEG", "", "",
		},
		{
			"val sorted, annotations kept", train,
			map[string][]byte{"val/n02/v.JPEG": gray8(3), annotations: lines}, "val/n02/v.JPEG", "", "",
		},
		{
			"val sorted, with another class", train,
			map[string][]byte{"val/n02/v.JPEG": gray8(3), "val/n09/v.JPEG": gray8(4)},
			"", "no evaluation", "n09\": is a class that train does not have",
		},
		{
			"with the test images", train,
			map[string][]byte{"val/n02/v.JPEG": gray8(3), "test/images/t.JPEG": gray8(4), "more/t.png": gray8(5)},
			"val/n02/v.JPEG", "evaluation is on the split val; not used: test\n" +
				"left out 1 image beside the splits (more: 1)", "",
		},
		{
			"test images alone", train, map[string][]byte{"test/images/t.JPEG": gray8(4)}, "",
			"beside the splits (test: 1)", "no evaluation split",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			files := maps.Clone(c.train)
			maps.Copy(files, c.val)
			data := mustOpen(t, configFor(t, write(t, t.TempDir(), files)))
			if data.Report.Format != TinyImageNet || data.Train.Len() != 2 ||
				data.Train.Label(1) != 1 || data.Report.Splits[0].Ignored != 0 {
				t.Errorf("%+v", data.Report)
			}
			if box, ok := data.Train.Box(0); !ok || box.Left != .25 || box.Bottom != .75 {
				t.Errorf("box %v", box)
			}
			if c.test != "" && (data.Test == nil || data.Test.Name(0) != c.test || data.Test.Label(0) != 1 ||
				data.Report.Splits[1].Name != "val" || data.Report.Splits[1].Ignored != 0) {
				t.Errorf("%+v", data.Report.Splits)
			}
			told := strings.Join(append(data.Report.Notes, data.Report.Warnings...), "\n")
			if !strings.Contains(told, c.told) {
				t.Errorf("told %q", told)
			}
			if err := data.CheckEvaluation(); c.fault != "" {
				wantFault(t, err, c.fault)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestTinyImageNetAccents: what lists call classes and files is found however accents are stored.
func TestTinyImageNetAccents(t *testing.T) {
	data := mustOpen(t, configFor(t, write(t, t.TempDir(), map[string][]byte{
		"wnids.txt": []byte("caf\u00e9\nchats\n"), "words.txt": []byte("cafe\u0301\tcoffee\n"),
		"train/cafe\u0301/images/e\u0301.png":   gray8(1),
		"train/cafe\u0301/cafe\u0301_boxes.txt": []byte("\u00e9.png 0 0 4 4\n"),
		"train/chats/images/b.png":              gray8(2),
		"val/images/e\u0301.png":                gray8(3),
		annotations:                             []byte("\u00e9.png caf\u00e9 0 0 8 8\n"),
	})))
	if got := data.Train.Titles(); !slices.Equal(got, []string{"coffee", "chats"}) ||
		data.Test.Label(0) != 0 {
		t.Errorf("%q", got)
	}
	for _, s := range []*Set{data.Train, data.Test} {
		if _, ok := s.Box(0); !ok {
			t.Errorf("%s has no box", s.Name(0))
		}
	}
}
