package dataset

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// readTinyImageNet reads the original layout: train/WNID/images/*.JPEG with WNID_boxes.txt,
// val/images with val_annotations.txt, wnids.txt. The unlabelled test split is not used. Images may
// lie at any depth below train/WNID. A val split that someone sorted into folders of classes, in
// val/ or val/images/, is read as that of any image folder; without a folder val there is no
// evaluation split.
func (in *input) readTinyImageNet(d decoder) (err error) {
	f := in.folder
	classes, err := f.wnids()
	if err != nil {
		return err
	}
	if in.train, err = f.readSynsets(d, classes); err != nil {
		return err
	}
	if err := f.addTrainBoxes(in.train, classes); err != nil {
		return err
	}
	if err := in.readVal(d, classes); err != nil {
		return err
	}
	splits := []string{"train"}
	if in.test != nil || in.noTest != nil {
		splits = append(splits, f.splits(".", evaluationSplits)...)
		in.unused("val", slices.DeleteFunc(
			slices.Clone(splits[1:]), func(split string) bool { return split == "val" },
		))
	}
	f.besideSplits(in.train, splits, in.test)
	return nil
}

const annotations = "val/val_annotations.txt"

// readVal reads what is evaluated on.
func (in *input) readVal(d decoder, classes []class) (err error) {
	f := in.folder
	sorted := f.sorted(classes)
	switch {
	case f.has(annotations) && (sorted == "" || f.holdsImages("val/images")):
		in.test, err = readAnnotated(f, d, in.train.classes)
	case sorted != "":
		if in.test, in.noTest = f.readEvaluation(d, sorted, in.train.classes); in.test != nil {
			in.test.name = "val"
			in.test.leftOut = slices.DeleteFunc(in.test.leftOut, isAnnotation)
		}
	case f.has("val"):
		err = faultOf(
			f.full(annotations), "unpack the archive again, or sort the images into val/WNID/",
			"is missing",
		)
	}
	return err
}

// sorted is the folder in which folders of classes hold the images of val, "" where there is none.
func (f folder) sorted(classes []class) string {
	for _, dir := range []string{"val", "val/images"} {
		for _, c := range classes {
			if f.isFolder(path.Join(dir, c.dirs[0])) {
				return dir
			}
		}
	}
	return ""
}

// holdsImages says whether images lie in dir itself.
func (f folder) holdsImages(dir string) bool {
	files, err := f.list(dir)
	return err == nil && slices.ContainsFunc(files, func(file fs.DirEntry) bool {
		return isImage(file.Name()) && !f.isFolder(path.Join(dir, file.Name()))
	})
}

// isAnnotation says that a file is no image by its name, but read.
func isAnnotation(file LeftOut) bool {
	return file.Path == annotations || strings.HasSuffix(file.Path, boxesFile)
}

// readSynsets reads train/WNID/FILE at any depth. A class without images is an error: the archive
// has some of every class.
func (f folder) readSynsets(d decoder, classes []class) (*source, error) {
	s, err := f.readClasses(d, "train", classes)
	if err != nil {
		return nil, err
	}
	for i, c := range classes {
		if i == len(s.classes) || s.classes[i] != c.name {
			return nil, faultOf(
				f.full(path.Join("train", c.dirs[0])), "unpack the archive again",
				"class without images (%s)", strings.Join(imageTypes, " "),
			)
		}
	}
	s.leftOut = slices.DeleteFunc(s.leftOut, isAnnotation)
	return s, f.besideClasses(s, "train")
}

// wnids are the folders of train, which must be the classes of wnids.txt where there is one.
func (f folder) wnids() ([]class, error) {
	classes, err := f.classes("train")
	if err != nil {
		return nil, err
	}
	if len(classes) == 0 {
		return nil, faultOf(f.full("train"), "put the images in train/CLASS/", "has no class folders")
	}
	listed, err := f.lines("wnids.txt")
	if err != nil || len(listed) == 0 {
		return classes, err
	}
	named := map[string]bool{}
	for _, wnid := range listed {
		named[wnid] = true
	}
	for _, c := range classes {
		if !named[spelled(c.dirs[0])] {
			return nil, faultOf(
				f.full(path.Join("train", c.dirs[0])), "remove the folder or add it to wnids.txt",
				"is not a class of wnids.txt",
			)
		}
		delete(named, spelled(c.dirs[0]))
	}
	if missing := slices.Sorted(maps.Keys(named)); len(missing) > 0 {
		return nil, faultOf(
			f.full(path.Join("train", missing[0])), "unpack the archive again, or correct wnids.txt",
			"is a class of wnids.txt without a folder",
		)
	}
	return classes, nil
}

// words is what words.txt calls the classes, a line each: wnid, tab, synonyms. The first of these
// is the title. It is for people only, so what cannot be read of it leaves the wnids in its place.
func (f folder) words() map[string]string {
	lines, err := f.lines("words.txt")
	if err != nil {
		return nil
	}
	titles := map[string]string{}
	for _, line := range lines {
		wnid, synonyms, _ := strings.Cut(line, "\t")
		if title, _, _ := strings.Cut(synonyms, ","); title != "" {
			titles[wnid] = title
		}
	}
	return titles
}

// boxesFile ends the name of the file with the boxes of a class.
const boxesFile = "_boxes.txt"

// addTrainBoxes reads train/WNID/WNID_boxes.txt where there is one: file, then first column, first
// row, last column, last row.
func (f folder) addTrainBoxes(s *source, classes []class) error {
	boxes := make([]map[string]pixelBox, len(classes)) // by the name of the file, as spelled
	for label, c := range classes {
		boxes[label] = map[string]pixelBox{}
		for _, dir := range c.dirs {
			file := path.Join(s.name, dir, dir+boxesFile)
			lines, err := f.lines(file)
			if err != nil {
				return err
			}
			for i, line := range lines {
				fields := strings.Fields(line)
				box, err := parseBox(fields, 1)
				if err != nil {
					return faultOf(
						f.full(file), "correct the line or remove the file", "line %d: %w", i+1, err,
					)
				}
				boxes[label][fields[0]] = box
			}
		}
	}
	for i, e := range s.entries {
		s.entries[i].box = boxes[e.label][spelled(path.Base(e.name))]
	}
	return nil
}

// readAnnotated reads val/images as val_annotations.txt tells: file, wnid, box. A file without a
// line and a line without a file or with an unknown wnid are bad files, listed like those that
// cannot be decoded.
func readAnnotated(f folder, d decoder, wnids []string) (*source, error) {
	lines, err := f.lines(annotations)
	if err != nil {
		return nil, err
	}
	annotated := make(map[string]entry, len(lines))
	for i, line := range lines {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			return nil, faultOf(
				f.full(annotations), "correct the line", "line %d: %q is not FILE WNID [BOX]", i+1, line,
			)
		}
		e := entry{name: path.Join("val/images", fields[0])} // as spelled
		if _, twice := annotated[e.name]; twice {
			return nil, faultOf(
				f.full(annotations), "leave one of the lines", "line %d: %q has a line before", i+1,
				fields[0],
			)
		}
		label, found := slices.BinarySearch(wnids, fields[1])
		if e.label = label; !found {
			e.label, e.err = 0, fmt.Errorf(
				"%s line %d: %q is not a class of train", annotations, i+1, fields[1],
			)
		}
		if len(fields) > 2 {
			if e.box, err = parseBox(fields, 2); err != nil {
				return nil, faultOf(f.full(annotations), "correct the line", "line %d: %w", i+1, err)
			}
		}
		annotated[e.name] = e
	}
	return joinAnnotations(f, d, wnids, annotated)
}

// joinAnnotations brings the files of val/images and their annotations together, in the order of
// the names.
func joinAnnotations(
	f folder, d decoder, wnids []string, annotated map[string]entry,
) (*source, error) {
	files, err := f.list("val/images")
	if err != nil {
		return nil, err
	}
	s := &source{name: "val", classes: wnids, load: d.loadFrom(f), decoder: &d}
	for _, file := range files {
		if !isImage(file.Name()) {
			(&walker{folder: f, source: s}).leaveOut(path.Join("val/images", file.Name()), false)
			continue
		}
		e := f.entry(path.Join("val/images", file.Name()), 0, file)
		note, found := annotated[spelled(e.name)]
		if e.label, e.box, e.err = note.label, note.box, note.err; !found {
			e.err = fmt.Errorf("has no line in val_annotations.txt")
		}
		delete(annotated, spelled(e.name))
		s.entries = append(s.entries, e)
	}
	for name, e := range annotated {
		e.err = fmt.Errorf("is in val_annotations.txt but not in the folder")
		e.name = name
		s.entries = append(s.entries, e)
	}
	slices.SortStableFunc(
		s.entries, func(a, b entry) int { return strings.Compare(a.name, b.name) },
	)
	if len(files) == 0 {
		return nil, faultOf(f.full("val/images"), "unpack the archive again", "has no images")
	}
	return s, nil
}

// parseBox reads four numbers from fields[at:].
func parseBox(fields []string, at int) (pixelBox, error) {
	if len(fields) < at+4 {
		return pixelBox{}, fmt.Errorf("%q has no four box numbers", strings.Join(fields, " "))
	}
	var v [4]int
	for i := range v {
		n, err := strconv.Atoi(fields[at+i])
		if err != nil {
			return pixelBox{}, fmt.Errorf("box number %q is no integer", fields[at+i])
		}
		v[i] = n
	}
	return pixelBox{left: v[0], top: v[1], right: v[2], bottom: v[3]}, nil
}
