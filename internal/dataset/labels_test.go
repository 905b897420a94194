package dataset

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// titled is a set as names and classes.
func titled(s *Set) (lines []string) {
	for i := range s.Len() {
		lines = append(lines, s.Name(i)+"="+s.Title(i))
	}
	return lines
}

// grays are gray images of these names, all different.
func grays(names ...string) map[string][]byte {
	files := map[string][]byte{}
	for i, name := range names {
		files[name] = gray8(uint8(10 * i))
	}
	return files
}

func TestLabelList(t *testing.T) {
	four := []string{"i/a.png", "i/b.png", "i/c.png", "i/d.png"}
	cases := []struct {
		name        string
		files       []string
		lists       map[string]string
		train, test []string
		says        string // in a note or warning, where it is set
	}{
		{
			"plain", four, map[string]string{"labels.csv": "path,label\ni/b.png,y\ni/a.png,x\ni/c.png,x\ni/d.png,x\n"},
			[]string{"i/a.png=x", "i/b.png=y", "i/c.png=x", "i/d.png=x"}, nil, "labels of 4 images by labels.csv",
		},
		{
			"split, carriage returns, mark, quotes", four,
			map[string]string{
				"labels.csv": "\ufeffpath,label,split\r\n\"i/a.png\",\"x, y\",train\r\n" +
					"i/b.png,z,Train\r\n\r\ni/c.png,z,val\r\n",
			},
			[]string{"i/a.png=x, y", "i/b.png=z"}, []string{"i/c.png=z"}, "1 image that no list",
		},
		{
			"a list in each split", []string{"train/a.png", "train/b.png", "test/a.png"},
			map[string]string{
				"train/labels.csv": "path,label\na.png,x\nb.png,y\n", "test/labels.csv": "path,label\na.png,y\n",
			},
			[]string{"train/a.png=x", "train/b.png=y"}, []string{"test/a.png=y"}, "",
		},
		{
			"splits by folder", []string{"train/a.png", "train/b.png", "test/a.png"},
			map[string]string{"labels.csv": "image,label\ntrain/a.png,x\ntrain/b.png,y\ntest/a.png,y\n"},
			[]string{"train/a.png=x", "train/b.png=y"}, []string{"test/a.png=y"}, "",
		},
		{
			"ids without extension, in a folder", []string{"train/a.1.png", "train/b.png", "test/c.png"},
			map[string]string{"labels.csv": "id,breed\na.1,x\nb,y\n"},
			[]string{"train/a.1.png=x", "train/b.png=y"}, nil, "1 image that no list",
		},
		{
			"numbers, columns that are not read, backslashes", four,
			map[string]string{"labels.csv": "filename,width,class\ni\\a.png,8,10\ni\\b.png,8,9\n./i/c.png,8,9\n"},
			[]string{"i/a.png=10", "i/b.png=9", "i/c.png=9"}, nil, "columns not read: width",
		},
		{
			"semicolons", four, map[string]string{"labels.csv": "path;label\ni/a.png;x\ni/b.png;y\n"},
			[]string{"i/a.png=x", "i/b.png=y"}, nil, "",
		},
		{
			"some without label", four,
			map[string]string{
				"labels.csv": "path,label,split\ni/a.png,x,train\ni/b.png,,train\n" +
					"i/c.png,y,train\ni/d.png,,val\n",
			},
			[]string{"i/a.png=x", "i/b.png=", "i/c.png=y"}, nil, "1 of 3 images have no label",
		},
		{
			"all without label", four, map[string]string{"labels.csv": "path,label\ni/a.png,\ni/b.png,\n"},
			[]string{"i/a.png=", "i/b.png="}, nil, "",
		},
		{
			"said twice", four, map[string]string{"labels.csv": "path,label\ni/a.png,x\n./i/a.png,x\ni/b.png,y\n"},
			[]string{"i/a.png=x", "i/b.png=y"}, nil, "1 line an image again",
		},
		{
			"accents beside their letters, and in Latin-1", []string{"e\u0301.png", "\xfc.png"},
			map[string]string{"labels.csv": "path,label\n\u00e9.png,x\n\u00fc.png,y\n"},
			[]string{"e\u0301.png=x", "\\xFC.png=y"}, nil, "",
		},
		{
			"labels with accents beside their letters", four,
			map[string]string{
				"labels.csv": "path,label,split\ni/a.png,caf\u00e9,train\ni/b.png,cafe\u0301,train\n" +
					"i/c.png,dog,train\ni/d.png,cafe\u0301,val\n",
			},
			[]string{"i/a.png=caf\u00e9", "i/b.png=caf\u00e9", "i/c.png=dog"},
			[]string{"i/d.png=caf\u00e9"}, "",
		},
		{
			"said twice in both forms, of a file that is called as no image", []string{"e\u0301", "a.png"},
			map[string]string{
				"labels.csv": "path,label\ne\u0301,cafe\u0301\n\u00e9,caf\u00e9\na.png,x\n",
			},
			[]string{"a.png=x", "e\u0301=caf\u00e9"}, nil, "1 line an image again",
		},
		{
			"a list in Latin-1", []string{"\u00e9.png", "b.png"},
			map[string]string{"labels.csv": "path,label\n\xe9.png,\xe4\nb.png,z\n"},
			[]string{"b.png=z", "\u00e9.png=\u00e4"}, nil, "",
		},
		{
			"lines of an old Mac, spaces", four,
			map[string]string{"labels.csv": "path,label\r i/a.png , x\ri/b.png ,y\r"},
			[]string{"i/a.png=x", "i/b.png=y"}, nil, "labels of 2 images",
		},
		{
			"columns that are no split", four,
			map[string]string{"labels.csv": "path,label,set,valid\ni/a.png,x,train,1\ni/b.png,y,7,1\n"},
			[]string{"i/a.png=x", "i/b.png=y"}, nil, "columns not read: set, valid",
		},
		{
			"classes in folders beside a list", []string{"train/x/a.png", "train/y/b.png"},
			map[string]string{"labels.csv": "path,label\ntrain/x/a.png,k\ntrain/y/b.png,l\n"},
			[]string{"train/x/a.png=k", "train/y/b.png=l"}, nil, "",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			files := grays(c.files...)
			for name, text := range c.lists {
				files[name] = []byte(text)
			}
			data := mustOpen(t, configFor(t, write(t, t.TempDir(), files)))
			if data.Report.Format != LabelList {
				t.Errorf("format %q", data.Report.Format)
			}
			if got := titled(data.Train); !slices.Equal(got, c.train) {
				t.Errorf("train %q", got)
			}
			var test []string
			if data.Test != nil {
				test = titled(data.Test)
			}
			if !slices.Equal(test, c.test) {
				t.Errorf("test %q", test)
			}
			says := strings.Join(append(data.Report.Notes, data.Report.Warnings...), "\n")
			if !strings.Contains(says, c.says) {
				t.Errorf("says %q", says)
			}
		})
	}
}

func TestLabelListFaults(t *testing.T) {
	cases := []struct{ name, list, fault string }{
		{"other label", "path,label\na.png,x\n./a.png,y\n", `line 3: "./a.png" has another label or split on line 2`},
		{"several labels", "path,label\na.png,x;y\n", `line 2: "x;y" is several labels`},
		{"several by bars", "path,label\na.png,x|y\n", "is several labels"},
		{"two columns of labels", "path,label_1,label_2\na.png,x,y\n", `columns "label_1" and "label_2"`},
		{
			"two columns of files", "id,filename,label\n1,a.png,x\n",
			`columns "id" and "filename" are both taken for the path: rename or remove the one`,
		},
		{
			"two columns of files, none of labels", "id,name\n1,cat\n",
			"call the column of the files path, and that of the labels label",
		},
		{"two splits", "path,label,split,split\na.png,x,val,val\n", "leave one of them"},
		{"one column a class", "id,cat,dog\na,1,0\n", "names no column for the label"},
		{"no header", "a.png,x\nb.png,y\n", `begin the file with a header`},
		{"empty", "", "is empty"},
		{"header alone", "path,label\n", "without training images"},
		{"not there", "path,label\na.png,x\nb.png,y\nc.png,x\nd.png,x\n", "2 of the 4 files of labels.csv"},
		{"ragged", "path,label\na.png\n", "line 2: wrong number of fields"},
		{"quotes", "path,label\n\"a.png,x\n", "labels.csv"},
		{"outside", "path,label\n../a.png,x\n", "leads out of the data folder"},
		{"absolute", "path,label\n/a.png,x\n", "leads out of the data folder"},
		{"no file", "path,label\n,x\n", "names no file"},
		{"no split", "path,label,split\na.png,x,fold1\n", `"fold1" is no split`},
		{"ambiguous", "path,label\nsame,x\n", `several images are called "same"`},
		{"UTF-16", "\xff\xfep\x00", "save it as UTF-8"},
		{
			"split by another name", "path,label,subset\na.png,x,train\nb.png,y,val\n",
			`column "subset" says which images are for evaluation, but is not read: call it split`,
		},
		{
			"split by yes and no", "path,label,is_valid\na.png,x,False\nb.png,y,True\n",
			`column "is_valid" says which images are for evaluation`,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			files := grays("a.png", "b.png", "e/same.png", "f/same.png")
			files["labels.csv"] = []byte(c.list)
			_, err := Open(t.Context(), configFor(t, write(t, t.TempDir(), files)), 1, nil)
			wantFault(t, err, c.fault)
		})
	}
}

// TestLabelsElsewhere: data.labels names another list, in the folder or outside.
func TestLabelsElsewhere(t *testing.T) {
	files := grays("i/a.png", "i/b.png")
	files["labels.csv"] = []byte("path,label\ni/a.png,wrong\n")
	files["meta/other.csv"] = []byte("path,label\ni/a.png,x\n../i/b.png,y\n")
	files["meta/mine.csv"] = []byte("path,label\ni/a.png,x\ni/b.png,y\n")
	dir := write(t, t.TempDir(), files)
	away := write(t, t.TempDir(), map[string][]byte{"list.csv": files["meta/mine.csv"]})
	beside, err := filepath.Rel(dir, away)
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range []string{
		"meta/mine.csv", dir + "/meta/mine.csv", away + "/list.csv", beside + "/list.csv",
	} {
		c := configFor(t, dir)
		c.Labels = list
		if got := titled(mustOpen(t, c).Train); !slices.Equal(got, []string{"i/a.png=x", "i/b.png=y"}) {
			t.Errorf("%s: %q", list, got)
		}
	}
	for _, list := range []string{"none.csv", away + "/none.csv", away + "/none/list.csv"} {
		c := configFor(t, dir)
		c.Labels = list
		_, err := Open(t.Context(), c, 1, nil)
		wantFault(t, err, "no such file")
	}
}

// TestLabelsNameWholePaths: a file of the data folder may be named by an absolute path, where the
// folder is named by a link too, and from a list's folder upward.
func TestLabelsNameWholePaths(t *testing.T) {
	dir := write(t, t.TempDir(), grays("train/a.png", "train/b.png", "train/train/a.png", "c.png"))
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	list := "path,label\n" + dir + "/train/a.png,x\n" + dir + "/train/b,y\n../c.png,z\n"
	write(t, dir, map[string][]byte{"train/labels.csv": []byte(list)})
	want := []string{"c.png=z", "train/a.png=x", "train/b.png=y"}
	for _, path := range []string{dir, link} {
		c := configFor(t, path)
		c.Labels = "train/labels.csv"
		if got := titled(mustOpen(t, c).Train); !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
	}
	c := configFor(t, dir)
	c.Labels = write(t, t.TempDir(), map[string][]byte{"l.csv": []byte(list[:len(list)-len("../c.png,z\n")])}) + "/l.csv"
	if got := titled(mustOpen(t, c).Train); !slices.Equal(got, want[1:]) {
		t.Errorf("a list elsewhere: %q", got)
	}
}

// TestOrderOfClasses: by value where all labels are numbers, else by name.
func TestOrderOfClasses(t *testing.T) {
	for _, c := range []struct{ labels, want string }{
		{"10.0 2.0 -1.5 1e1 2", "-1.5 2 2.0 10.0 1e1"},
		{"10 9 1.5", "1.5 9 10"},
		{"10 9 x", "10 9 x"},
		{"100000000000000000001 100000000000000000000 3", "3 100000000000000000000 100000000000000000001"},
		{"01 1 0", "0 01 1"},
		{"nan 2 10", "10 2 nan"},
	} {
		var images []labelled
		for _, label := range strings.Fields(c.labels) {
			images = append(images, labelled{label: label}, labelled{})
		}
		if got := strings.Join(classesOf(images), " "); got != c.want {
			t.Errorf("%s: %s", c.labels, got)
		}
	}
}

// TestMissingIsSkipped: data.on_error=skip leaves out what is not there, and verify lists it.
func TestMissingIsSkipped(t *testing.T) {
	files := grays("a.png", "b.png")
	files["labels.csv"] = []byte("path,label\na.png,x\nb.png,y\nc.png,x\n")
	c := configFor(t, write(t, t.TempDir(), files))
	c.OnError, c.BadBudget = Skip, .5
	if data := mustOpen(t, c); data.Train.Len() != 2 || len(data.Report.Bad) != 1 {
		t.Errorf("%d images, bad %v", data.Train.Len(), data.Report.Bad)
	}
	r, err := Verify(t.Context(), c, nil)
	if err != nil || len(r.Bad) != 1 || r.Bad[0].Path != "c.png" {
		t.Errorf("%v, bad %v", err, r.Bad)
	}
}

// TestLabelled: what learns from labels sees the images that have one, with their pixels.
func TestLabelled(t *testing.T) {
	var list strings.Builder
	list.WriteString("path,label\n")
	var names []string
	for i := range 12 {
		names = append(names, fmt.Sprintf("%02d.png", i))
		fmt.Fprintf(&list, "%s,%s\n", names[i], []string{"x", "", "y"}[i%3])
	}
	files := grays(names...)
	files["labels.csv"] = []byte(list.String())
	c := configFor(t, write(t, t.TempDir(), files))
	c.Holdout = 2
	for range 2 { // decoded, then from the cache
		data := mustOpen(t, c)
		known := data.Labelled()
		if data.Train.Len() != 10 || known.Train.Len() != 6 || data.Test.Len() != 2 {
			t.Fatalf("%d, %d, %d", data.Train.Len(), known.Train.Len(), data.Test.Len())
		}
		if got := known.Train.Counts(); !slices.Equal(got, []int{3, 3}) ||
			!slices.Equal(got, data.Train.Counts()) {
			t.Errorf("counts %v", got)
		}
		for i := range known.Train.Len() {
			number, err := strconv.Atoi(known.Train.Name(i)[:2])
			if err != nil {
				t.Fatal(err)
			}
			if pix := known.Train.Image(i).Pix; len(pix) != 192 || pix[0] != uint8(10*number) {
				t.Errorf("%s has %d bytes of %d", known.Train.Name(i), len(pix), pix[0])
			}
		}
		if known.Labelled() != known || known.Train.Digest() == data.Train.Digest() {
			t.Error("the part is not told from the whole")
		}
		if s := data.Report.Splits[0]; s.Unlabelled != 4 ||
			!maps.Equal(s.PerClass, map[string]int{"x": 3, "y": 3}) {
			t.Errorf("report %+v", s)
		}
	}
	c.Holdout, c.PerClass = 0, 1
	if data := mustOpen(t, c); data.Train.Len() != 6 {
		t.Errorf("one of each class and 4 without: %d", data.Train.Len())
	}
}
