package dataset

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// imageTypes are the extensions of files that count as images; what is inside decides how they are
// decoded.
var imageTypes = []string{
	".jpg", ".jpeg", ".jfif", ".jpe", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".ppm",
	".pgm", ".pbm", ".pnm", ".avif", ".heic", ".heif",
}

// evaluationSplits are the names an evaluation split may have, the preferred first.
var evaluationSplits = []string{"val", "test", "validation"}

// readImageFolder reads SPLIT/CLASS/FILE, or SPLIT/FILE where train has no folders: images without
// labels. The classes are those of train, sorted by name. An evaluation split there need not be.
func readImageFolder(f folder, d decoder) (train, test *source, err error) {
	split := ""
	if at := slices.IndexFunc(evaluationSplits, f.has); at >= 0 {
		split = evaluationSplits[at]
	}
	classes, err := f.folders("train")
	switch {
	case err != nil:
		return nil, nil, err
	case len(classes) == 0:
		if train, err = readImages(f, d, "train"); err == nil && split != "" {
			test, err = readImages(f, d, split)
		}
		return train, test, err
	}
	if train, err = readClassFolders(f, d, "train", "", classes); err != nil {
		return nil, nil, err
	}
	if train.warning, err = f.loose("train"); err != nil || split == "" {
		return train, nil, err
	}
	test, err = readEvaluation(f, d, split, classes)
	return train, test, err
}

// loose warns of images that lie beside class folders: someone without classes may miss them.
func (f folder) loose(dir string) (warning string, err error) {
	files, err := f.list(dir)
	n := 0
	for _, file := range files {
		if !file.IsDir() && isImage(file.Name()) {
			n++
		}
	}
	if n > 0 {
		warning = fmt.Sprintf("left out %d images that lie in %s itself, beside the folders of classes; to take all images without labels, set data.path to it and data.format to images",
			n, f.full(dir))
	}
	return warning, err
}

// readEvaluation reads an evaluation split, which may lack some of train's classes.
func readEvaluation(f folder, d decoder, split string, classes []string) (*source, error) {
	present, err := f.folders(split)
	if err != nil {
		return nil, err
	}
	if len(present) == 0 {
		return nil, faultOf(
			f.full(split),
			"put the images in "+split+"/CLASS/, or call the folder something else to do without it",
			"has no class folders, and train has",
		)
	}
	for _, class := range present {
		if !slices.Contains(classes, class) {
			return nil, faultOf(
				f.full(path.Join(split, class)), "remove it, or add the class to train",
				"is a class that train does not have",
			)
		}
	}
	test, err := readClassFolders(f, d, split, "", present)
	if err != nil {
		return nil, err
	}
	for i := range test.entries { // labels are indices into train's classes
		test.entries[i].label = slices.Index(classes, present[test.entries[i].label])
	}
	test.classes = classes
	return test, nil
}

// readClassFolders reads SPLIT/CLASS/INSIDE/FILE. A class without images is an error: it would
// silently never be learnt.
func readClassFolders(
	f folder, d decoder, split, inside string, classes []string,
) (*source, error) {
	if len(classes) == 0 {
		return nil, faultOf(
			f.full(split), "put the images in "+split+"/CLASS/", "has no class folders",
		)
	}
	s := &source{name: split, classes: classes, load: d.loadFrom(f), decoder: &d}
	for label, class := range classes {
		dir := path.Join(split, class, inside)
		files, err := f.list(dir)
		if err != nil {
			return nil, err
		}
		before := len(s.entries)
		for _, file := range files {
			if !isImage(file.Name()) {
				s.leaveOut(path.Join(dir, file.Name()), file)
				continue
			}
			s.entries = append(s.entries, f.entry(path.Join(dir, file.Name()), label, file))
		}
		if len(s.entries) == before {
			return nil, faultOf(
				f.full(dir),
				"add images or remove the folder; set data.format to images where folders are no classes",
				"class without images (%s)", strings.Join(imageTypes, " "),
			)
		}
	}
	return s, nil
}

func isImage(name string) bool {
	return slices.Contains(imageTypes, strings.ToLower(path.Ext(name)))
}

// entry describes a file by size, time and mode. What cannot be described is left for decoding to
// refuse.
func (f folder) entry(name string, label int, file fs.DirEntry) entry {
	info, err := file.Info()
	if err == nil && !info.Mode().IsRegular() {
		info, err = fs.Stat(f.files, name) // follow a link
	}
	e := entry{name: name, label: label}
	if err == nil {
		e.stamp = fmt.Sprint(info.Size(), info.ModTime().UnixNano(), uint32(info.Mode()))
	}
	return e
}
