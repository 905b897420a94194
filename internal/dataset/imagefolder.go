package dataset

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"cmae/internal/report"
)

// imageTypes are the extensions of files that count as images; what is inside decides how they are
// decoded.
var imageTypes = []string{
	".jpg", ".jpeg", ".jfif", ".jpe", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".npy", ".ppm",
	".pgm", ".pbm", ".pnm", ".avif", ".heic", ".heif",
}

// class is a class and the folders of its images: several where their names look the same.
type class struct {
	name string
	dirs []string
}

// readImageFolder reads SPLIT/CLASS/FILE, at any depth below the class, or images without labels
// where train has no folders with images. The classes are those of train, sorted by name.
func (in *input) readImageFolder(d decoder) (err error) {
	f, split := in.folder, in.folder.trainSplit()
	defer func() {
		if err == nil {
			f.besideSplits(in.train, append(f.splits(".", evaluationSplits), split), in.test)
		}
	}()
	dirs, err := f.classes(split)
	if err != nil {
		return err
	}
	if in.train, err = f.readClasses(d, split, dirs); err != nil {
		return err
	}
	if len(in.train.classes) == 0 {
		if in.train, err = readImages(f, d, split); err != nil {
			return err
		}
		in.chooseTest(func(split string) (*source, error) {
			s, err := f.images(split)
			if err != nil || len(s.entries) == 0 {
				return nil, err
			}
			return readImages(f, d, split)
		})
		return nil
	}
	if err := f.besideClasses(in.train, split); err != nil {
		return err
	}
	in.chooseTest(func(split string) (*source, error) {
		return f.readEvaluation(d, split, in.train.classes)
	})
	return nil
}

// readClassFolders reads CLASS/FILE, at any depth below the class, all to train on.
func (in *input) readClassFolders(d decoder) error {
	dirs, err := in.folder.classes(".")
	if err != nil {
		return err
	}
	if in.train, err = in.folder.readClasses(d, ".", dirs); err != nil {
		return err
	}
	if in.train.name = "train"; len(in.train.classes) == 0 {
		return faultOf(in.folder.path, "put the images in CLASS/", "has no class folders with images")
	}
	in.notes = append(in.notes, fmt.Sprintf(
		"%d folders are taken for classes, and all images for training; data.holdout keeps some to "+
			"evaluate on, data.format=images takes them without labels", len(in.train.classes),
	))
	return in.folder.besideClasses(in.train, ".")
}

// readEvaluation reads an evaluation split, which may lack some of train's classes; nil where it
// has no image.
func (f folder) readEvaluation(d decoder, split string, classes []string) (*source, error) {
	present, err := f.classes(split)
	if err != nil {
		return nil, err
	}
	test, err := f.readClasses(d, split, present)
	if err != nil {
		return nil, err
	}
	if len(test.entries) == 0 {
		if s, err := f.images(split); err != nil || len(s.entries) == 0 {
			return nil, err
		}
		return nil, faultOf(
			f.full(split),
			"put the images in "+split+"/CLASS/, or call the folder something else to do without it",
			"has no class folders, and train has",
		)
	}
	labels := make([]int, len(test.classes)) // indices into train's classes
	for i, class := range test.classes {
		if labels[i] = slices.Index(classes, class); labels[i] < 0 {
			return nil, faultOf(
				f.full(path.Join(split, class)), "remove it, or add the class to train",
				"is a class that train does not have",
			)
		}
	}
	for i := range test.entries {
		test.entries[i].label = labels[test.entries[i].label]
	}
	test.classes = classes
	return test, f.besideClasses(test, split)
}

// classes lists the folders in dir as classes, sorted by name.
func (f folder) classes(dir string) ([]class, error) {
	dirs, err := f.folders(dir)
	if err != nil {
		return nil, err
	}
	var classes []class
	for _, d := range dirs {
		name := sameName(d)
		at, found := slices.BinarySearchFunc(classes, name, func(c class, name string) int {
			return strings.Compare(c.name, name)
		})
		if !found {
			classes = slices.Insert(classes, at, class{name: name})
		}
		classes[at].dirs = append(classes[at].dirs, d)
	}
	return classes, nil
}

// readClasses reads SPLIT/CLASS/FILE. A folder without images is no class: that is warned of.
func (f folder) readClasses(d decoder, split string, classes []class) (*source, error) {
	s := &source{name: split, load: d.loadFrom(f), decoder: &d}
	var empty []string
	for _, c := range classes {
		before := len(s.entries)
		for _, dir := range c.dirs {
			if err := f.walk(s, path.Join(split, dir), len(s.classes)); err != nil {
				return nil, err
			}
		}
		if len(s.entries) > before {
			s.classes = append(s.classes, c.name)
		} else {
			empty = append(empty, c.name)
		}
	}
	if len(empty) > 0 && len(s.classes) > 0 {
		s.warn(
			"%s: %s without images, no class (%s)", split, report.Count(len(empty), "folder"),
			strings.Join(empty[:min(len(empty), 5)], ", "),
		)
	}
	return s, nil
}

func isImage(name string) bool {
	return slices.Contains(imageTypes, strings.ToLower(path.Ext(name)))
}

// entry describes a file by size, time and mode. What cannot be described is left for decoding to
// refuse.
func (f folder) entry(name string, label int, file fs.DirEntry) entry {
	f.count.add()
	info, err := file.Info()
	if err == nil && !info.Mode().IsRegular() {
		info, err = fs.Stat(f.files, name) // follow a link
	}
	e := entry{name: name, label: label}
	if err == nil {
		e.stamp = stamp(info)
	}
	return e
}

// stamp changes when a file does.
func stamp(info fs.FileInfo) string {
	return fmt.Sprint(info.Size(), info.ModTime().UnixNano(), uint32(info.Mode()))
}
