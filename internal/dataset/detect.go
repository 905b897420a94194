package dataset

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// input is where a Config leads.
type input struct {
	format      Format
	folder      folder
	train, test *source           // test is nil where there is no evaluation split
	noTest      error             // why an evaluation split that there is cannot be used
	titles      map[string]string // what people call classes, where that is not their name
	notes       []string          // what a user may want to know
}

// splits are those that there are.
func (in *input) splits() []*source {
	if in.test == nil {
		return []*source{in.train}
	}
	return []*source{in.train, in.test}
}

// read lists both splits, without decoding files, the hold-out being the second where there is one.
// It tells listed, if that is not nil, how many files it has seen.
func (c Config) read(listed func(files int)) (in input, err error) {
	in.format, in.folder.path = c.Format, string(FashionMNISTMini)
	if c.Path == "" {
		return in, in.readEmbedded(c)
	}
	if in.folder, err = openCounted(c.Path, c.Links, listed); err != nil {
		return in, err
	}
	if in.format == Auto && c.Labels != "" {
		in.format = LabelList
	}
	if in.format == Auto {
		if in.format, err = in.folder.detect(); err != nil {
			return in, err
		}
	}
	if err := c.fits(in.format); err != nil {
		return in, err
	}
	d := c.decoder()
	switch in.format {
	case TinyImageNet:
		err = in.readTinyImageNet(d)
		in.titles = in.folder.words()
	case ImageFolder:
		err = in.readImageFolder(d)
	case ClassFolders:
		err = in.readClassFolders(d)
	case LabelList:
		err = in.readLabels(c, d)
	case ImageFiles:
		in.train, err = readImages(in.folder, d, ".")
	case CIFAR10:
		in.train, in.test, err = readCIFAR(in.folder, cifar10)
	case CIFAR100:
		in.train, in.test, err = readCIFAR(in.folder, cifar100)
	case IDX:
		in.train, in.test, err = readIDX(in.folder, c.Channels)
	default:
		panic("dataset: format " + string(in.format) + " passed validation")
	}
	if err != nil {
		return in, err
	}
	for _, s := range in.splits() {
		s.limit = c.limit()
	}
	if in.train.decoder != nil {
		place := func(e entry) (folder, entry) { return in.folder, e }
		d.Stretch.Own = d.sight(in.train.entries, place)
	}
	return in, in.holdOut(c.Holdout)
}

// detect tells the format by the files, or says where the right folder probably is.
func (f folder) detect() (Format, error) {
	if format := f.look("."); format != "" {
		return format, nil
	}
	dirs, err := f.folders(".")
	if err != nil {
		return "", err
	}
	for _, dir := range dirs {
		if format := f.look(dir); format != "" {
			return "", f.inside(dir)
		}
	}
	return f.detectImages(dirs)
}

// detectImages takes a folder of images for what it is, unless it looks like a data set, or like
// the parent of one, whose test images nobody wants to train on by mistake. dirs are the folders in
// it.
func (f folder) detectImages(dirs []string) (Format, error) {
	defer f.count.restart() // they are listed again, as that layout has them
	s, err := f.images(".")
	if err != nil {
		return "", err
	}
	if len(s.entries) == 0 {
		return "", faultOf(
			f.path, "the layouts are train/CLASS/FILE with val or test where there is one, "+
				"CLASS/FILE, images with labels.csv, images at any depth without labels, "+
				"Tiny-ImageNet's, CIFAR's binary files, IDX files", "is no layout that cmae knows",
		)
	}
	for _, e := range s.entries {
		if dir, _, found := strings.Cut(e.name, "/train/"); found {
			return "", f.inside(dir)
		}
	}
	for _, dir := range dirs {
		if isSplit(dir) {
			return "", faultOf(
				f.path, "call the folder of the training images train, or "+anyImages,
				"has a folder %s, but none that is called train", dir,
			)
		}
	}
	if f.inFolders(s.entries) {
		return ClassFolders, nil
	}
	return ImageFiles, nil
}

// inFolders says whether all images lie in two folders or more, which are then taken for classes.
func (f folder) inFolders(entries []entry) bool {
	tops := map[string]bool{}
	for _, e := range entries {
		top, _, nested := strings.Cut(e.name, "/")
		if !nested {
			return false
		}
		tops[sameName(top)] = true
	}
	return len(tops) > 1
}

// anyImages is the way out where a folder is not taken for images without labels by itself.
const anyImages = "set data.format to images to take every image at any depth, without labels"

// inside says that a folder below holds data.
func (f folder) inside(dir string) error {
	return faultOf(
		f.path, fmt.Sprintf("set data.path to %s, or %s", f.full(dir), anyImages),
		"holds no data itself, but %s does", dir,
	)
}

// look gives the format of dir, or "".
func (f folder) look(dir string) Format {
	in := func(names ...string) bool {
		for _, name := range names {
			if f.has(path.Join(dir, name)) {
				return true
			}
		}
		return false
	}
	switch {
	case in("wnids.txt", "val/val_annotations.txt"):
		return TinyImageNet
	case in(labelFile) || f.listedSplit(dir):
		return LabelList
	case len(f.splits(dir, trainSplits)) > 0:
		return ImageFolder
	case in("data_batch_1.bin", "test_batch.bin"):
		return CIFAR10
	case in("train.bin"):
		return CIFAR100
	case in(
		"train-images-idx3-ubyte", "train-images-idx3-ubyte.gz", "train-images.idx3-ubyte",
		"train-images.idx3-ubyte.gz",
	):
		return IDX
	}
	return ""
}

// listedSplit says whether the training images of dir have a list of labels.
func (f folder) listedSplit(dir string) bool {
	return slices.ContainsFunc(f.splits(dir, trainSplits), func(split string) bool {
		return f.has(path.Join(dir, split, labelFile))
	})
}
