package dataset

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// readTinyImageNet reads the original layout: train/WNID/images/*.JPEG with WNID_boxes.txt,
// val/images with val_annotations.txt, wnids.txt. Labels index the sorted wnids. The unlabelled
// test split is not used. A val split that someone sorted into val/WNID/images/ is read as train
// is; without a folder val there is no evaluation split.
func readTinyImageNet(f folder, d decoder) (train, test *source, err error) {
	wnids, err := readWnids(f)
	if err != nil {
		return nil, nil, err
	}
	if train, err = readSynsets(f, d, "train", wnids); err != nil {
		return nil, nil, err
	}
	if err := addTrainBoxes(f, train); err != nil {
		return nil, nil, err
	}
	switch {
	case f.has("val/val_annotations.txt"):
		test, err = readAnnotated(f, d, wnids)
	case f.has(path.Join("val", wnids[0])):
		test, err = readSynsets(f, d, "val", wnids)
	case f.has("val"):
		err = faultOf(f.full("val/val_annotations.txt"), "unpack the archive again", "is missing")
	}
	return train, test, err
}

// readSynsets reads SPLIT/WNID/images/FILE. A class without images is an error: the archive has
// some of every class.
func readSynsets(f folder, d decoder, split string, wnids []string) (*source, error) {
	if len(wnids) == 0 {
		return nil, faultOf(
			f.full(split), "put the images in "+split+"/CLASS/", "has no class folders",
		)
	}
	dirs := make([]class, len(wnids))
	for i, wnid := range wnids {
		dirs[i] = class{wnid, []string{path.Join(wnid, "images")}}
	}
	s, err := f.readClasses(d, split, dirs)
	if err != nil {
		return nil, err
	}
	for i, wnid := range wnids {
		if i == len(s.classes) || s.classes[i] != wnid {
			return nil, faultOf(
				f.full(path.Join(split, dirs[i].dirs[0])), "unpack the archive again",
				"class without images (%s)", strings.Join(imageTypes, " "),
			)
		}
	}
	return s, nil
}

// readWnids gives the sorted class ids: wnids.txt, which must agree with the folders of train, or
// these alone.
func readWnids(f folder) ([]string, error) {
	dirs, err := f.folders("train")
	if err != nil {
		return nil, err
	}
	wnids, err := f.lines("wnids.txt")
	if err != nil {
		return nil, err
	}
	if len(wnids) == 0 {
		return dirs, nil
	}
	slices.Sort(wnids)
	wnids = slices.Compact(wnids)
	for _, dir := range dirs {
		if _, found := slices.BinarySearch(wnids, dir); !found {
			return nil, faultOf(
				f.full(path.Join("train", dir)), "remove the folder or add it to wnids.txt",
				"is not a class of wnids.txt",
			)
		}
	}
	return wnids, nil
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

// addTrainBoxes reads train/WNID/WNID_boxes.txt where there is one: file, then first column, first
// row, last column, last row.
func addTrainBoxes(f folder, s *source) error {
	boxes := map[string]pixelBox{}
	for _, wnid := range s.classes {
		dir := path.Join(s.name, wnid)
		file := path.Join(dir, wnid+"_boxes.txt")
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
			boxes[path.Join(dir, "images", fields[0])] = box
		}
	}
	for i := range s.entries {
		s.entries[i].box = boxes[s.entries[i].name]
	}
	return nil
}

// readAnnotated reads val/images as val_annotations.txt tells: file, wnid, box. A file without a
// line and a line without a file or with an unknown wnid are bad files, listed like those that
// cannot be decoded.
func readAnnotated(f folder, d decoder, wnids []string) (*source, error) {
	const file = "val/val_annotations.txt"
	lines, err := f.lines(file)
	if err != nil {
		return nil, err
	}
	annotated := make(map[string]entry, len(lines))
	for i, line := range lines {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			return nil, faultOf(
				f.full(file), "correct the line", "line %d: %q is not FILE WNID [BOX]", i+1, line,
			)
		}
		e := entry{name: path.Join("val/images", fields[0])}
		if _, twice := annotated[e.name]; twice {
			return nil, faultOf(
				f.full(file), "leave one of the lines", "line %d: %q has a line before", i+1,
				fields[0],
			)
		}
		label, found := slices.BinarySearch(wnids, fields[1])
		if e.label = label; !found {
			e.label, e.err = 0, fmt.Errorf(
				"%s line %d: %q is not a class of train", file, i+1, fields[1],
			)
		}
		if len(fields) > 2 {
			if e.box, err = parseBox(fields, 2); err != nil {
				return nil, faultOf(f.full(file), "correct the line", "line %d: %w", i+1, err)
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
		note, found := annotated[e.name]
		if e.label, e.box, e.err = note.label, note.box, note.err; !found {
			e.err = fmt.Errorf("has no line in val_annotations.txt")
		}
		delete(annotated, e.name)
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
