package dataset

import (
	"path"
	"path/filepath"
)

// input is where a Config leads.
type input struct {
	format      Format
	folder      folder
	train, test *source
}

// read lists both splits, without decoding files, the hold-out being the second where there is one.
func (c Config) read() (in input, err error) {
	in.format, in.folder.path = c.Format, string(FashionMNISTMini)
	if c.Path == "" {
		in.format = FashionMNISTMini
		if in.train, in.test, err = readEmbedded(); err != nil {
			return in, err
		}
		return in, in.holdOut(c.Holdout)
	}
	if in.folder, err = openFolder(c.Path); err != nil {
		return in, err
	}
	if in.format == Auto {
		if in.format, err = in.folder.detect(); err != nil {
			return in, err
		}
	}
	d := c.decoder()
	switch in.format {
	case TinyImageNet:
		in.train, in.test, err = readTinyImageNet(in.folder, d)
	case ImageFolder:
		in.train, in.test, err = readImageFolder(in.folder, d)
	case CIFAR10:
		in.train, in.test, err = readCIFAR(in.folder, cifar10)
	case CIFAR100:
		in.train, in.test, err = readCIFAR(in.folder, cifar100)
	case IDX:
		in.train, in.test, err = readIDX(in.folder)
	default:
		panic("dataset: format " + string(in.format) + " passed validation")
	}
	if err != nil {
		return in, err
	}
	in.train.limit, in.test.limit = 2*c.ImageSize, 2*c.ImageSize
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
			return "", fault(f.path, "set data.path to "+filepath.Join(f.path, dir), "holds no data itself, but %s does", dir)
		}
	}
	return "", fault(f.path, "the layouts are train/CLASS/FILE with val or test, Tiny-ImageNet's, CIFAR's binary files, IDX files",
		"is no layout that cmae knows")
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
	case in("train"):
		return ImageFolder
	case in("data_batch_1.bin", "test_batch.bin"):
		return CIFAR10
	case in("train.bin"):
		return CIFAR100
	case in("train-images-idx3-ubyte", "train-images-idx3-ubyte.gz", "train-images.idx3-ubyte", "train-images.idx3-ubyte.gz"):
		return IDX
	}
	return ""
}
