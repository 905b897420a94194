package dataset

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"cmae/internal/report"
)

// labelled is an image that a list names, before its class has a number. An empty label is none.
type labelled struct {
	entry
	label string
}

// labelling brings lists of labels and the files of a folder together.
type labelling struct {
	*input
	splits  map[string][]labelled // by the split's name in lower case
	leftOut []LeftOut
}

// readLabels reads images below the data folder with lists of labels beside them: the one that
// data.labels names or labels.csv, for all splits, or labels.csv in the folders of the splits.
func (in *input) readLabels(c Config, d decoder) error {
	l := labelling{input: in, splits: map[string][]labelled{}}
	switch {
	case c.Labels != "":
		at, name, err := c.labelList(in.folder)
		if err != nil {
			return err
		}
		base := "."
		if at.path == in.folder.path {
			base = path.Dir(name)
		}
		if err := l.read(at, name, base, "."); err != nil {
			return err
		}
	case in.folder.has(labelFile):
		if err := l.read(in.folder, labelFile, ".", "."); err != nil {
			return err
		}
	default:
		return l.readSplits(d)
	}
	return l.settle(d)
}

// readSplits reads a list in the folder of each split. A split without one is left out.
func (l *labelling) readSplits(d decoder) error {
	var listed []string
	for _, split := range l.folder.splits(".", slices.Concat(trainSplits, evaluationSplits)) {
		if name := path.Join(split, labelFile); l.folder.has(name) {
			if err := l.read(l.folder, name, split, split); err != nil {
				return err
			}
			listed = append(listed, split)
		}
	}
	if err := l.settle(d); err != nil {
		return err
	}
	l.folder.besideSplits(l.train, listed, l.test)
	for _, split := range l.folder.splits(".", evaluationSplits) {
		if l.test != nil || l.noTest != nil || slices.Contains(listed, split) {
			continue
		}
		if s, err := l.folder.images(split); err == nil && len(s.entries) > 0 {
			l.noTest = faultOf(
				l.folder.full(split), "put one there that names its images",
				"has no %s, and the training images have one", labelFile,
			)
		}
	}
	return nil
}

// read joins a list, whose names begin at base, with the files below dir.
func (l *labelling) read(at folder, name, base, dir string) error {
	t, err := readTable(at, name, l.folder)
	if err != nil {
		return err
	}
	all, err := l.folder.images(dir)
	if err != nil {
		return err
	}
	files := catalogue{base: base, entries: all.entries, others: map[string]string{}}
	for _, other := range all.leftOut {
		files.others[spelled(other.Path)] = other.Path
	}
	lines, again := map[string]row{}, 0
	var listed, lacking []*labelled
	for _, r := range t.rows {
		e, err := l.entryOf(t, r, &files)
		if err != nil {
			return err
		}
		if r.split, err = t.splitOf(r, e.name, dir); err != nil {
			return err
		}
		if before, twice := lines[e.name]; !twice {
			lines[e.name] = r
		} else if before.label == r.label && before.split == r.split {
			again++
			continue
		} else {
			return t.fault(
				r.line, "leave one of the lines", "%q has another label or split on line %d",
				r.file, before.line,
			)
		}
		one := &labelled{e, r.label}
		if listed = append(listed, one); errors.Is(e.err, fs.ErrNotExist) {
			lacking = append(lacking, one)
		}
	}
	for _, one := range lacking {
		one.err = &Error{
			Path: l.folder.full(one.name), Remedy: "correct the list, or set data.on_error to skip",
			Err: fmt.Errorf(
				"is listed but not there, as are %d of the %d files of %s: line %d", len(lacking),
				len(listed), name, lines[one.name].line,
			),
		}
	}
	for _, one := range listed {
		split := lines[one.name].split
		l.splits[split] = append(l.splits[split], *one)
	}
	l.tell(t, all, lines, again)
	return nil
}

// entryOf is the file of a line. One that is not there is an entry with an error.
func (l *labelling) entryOf(t *table, r row, files *catalogue) (entry, error) {
	base := files.base
	if r.rooted {
		base = "."
	}
	at, err := files.find(r.file, base)
	if err != nil {
		return entry{}, t.fault(r.line, "name it by its path from the list's folder on", "%v", err)
	}
	if at >= 0 {
		return files.entries[at], nil
	}
	e := entry{name: path.Join(base, slashed(r.file))}
	if other, found := files.others[spelled(e.name)]; found {
		e.name = other
	}
	info, err := l.folder.regular(e.name)
	if e.err = err; err == nil {
		e.stamp = stamp(info)
	}
	return e, nil
}

// splitOf is the split of a line in lower case: what its column says, the folder dir of the list,
// or the first folder of the file where that is called as splits are, else train.
func (t *table) splitOf(r row, file, dir string) (string, error) {
	first, _, _ := strings.Cut(file, "/")
	split := strings.ToLower(dir)
	if dir == "." {
		if split = strings.ToLower(first); !isSplit(split) {
			split = trainSplits[0]
		}
	} else if t.split && r.split != split {
		return "", t.fault(
			r.line, "leave the column out, or move the list one folder up",
			"is of the split %q in the folder %s", r.split, dir,
		)
	}
	if t.split {
		split = r.split
	}
	if slices.Contains(trainSplits, split) {
		split = trainSplits[0]
	}
	return split, nil
}

// tell notes what a list and the files do not have in common.
func (l *labelling) tell(t *table, all *source, lines map[string]row, again int) {
	for _, f := range all.leftOut {
		if _, is := lines[f.Path]; !is && f.Path != t.name {
			l.leftOut = append(l.leftOut, f)
		}
	}
	for _, e := range all.entries {
		if _, is := lines[e.name]; !is {
			l.leftOut = append(l.leftOut, LeftOut{e.name, notListed})
		}
	}
	note := fmt.Sprintf("labels of %s by %s", report.Count(len(lines), "image"), t.name)
	if again > 0 {
		note += fmt.Sprintf("; %s an image again", report.Count(again, "line"))
	}
	if len(t.unread) > 0 {
		note += "; columns not read: " + strings.Join(t.unread, ", ")
	}
	l.notes = append(l.notes, note)
}

// settle makes sources of the splits. The classes are the labels of the training images.
func (l *labelling) settle(d decoder) error {
	classes := classesOf(l.splits[trainSplits[0]])
	if l.train = l.source(d, trainSplits[0], classes); len(l.train.entries) == 0 {
		return faultOf(
			l.folder.path, "list some in "+labelFile+", with train in its column split where it has one",
			"has a list of labels without training images",
		)
	}
	l.train.leftOut = l.leftOut
	without := 0
	for _, e := range l.train.entries {
		if e.label < 0 {
			without++
		}
	}
	if without > 0 {
		l.notes = append(l.notes, fmt.Sprintf(
			"train: %d of %d images have no label: pretraining takes them, what learns from labels "+
				"does not", without, len(l.train.entries),
		))
	}
	there := slices.DeleteFunc(slices.Clone(evaluationSplits), func(split string) bool {
		return len(l.splits[split]) == 0
	})
	for i, split := range there {
		if l.noTest = l.evaluation(d, split, classes); l.test != nil || l.noTest != nil {
			l.unused(split, there[i+1:])
			break
		}
	}
	return nil
}

// evaluation takes a split to evaluate on: its images with labels, where train has classes.
func (l *labelling) evaluation(d decoder, split string, classes []string) error {
	all, known := l.splits[split], map[string]bool{}
	for _, class := range classes {
		known[class] = true
	}
	for _, one := range all {
		if len(classes) > 0 && one.label != "" && !known[one.label] {
			return faultOf(
				l.folder.full(one.name), "correct the list, or add the class to train",
				"has the label %q, a class that train does not have", one.label,
			)
		}
	}
	s := l.source(d, split, classes)
	s.entries = slices.DeleteFunc(s.entries, func(e entry) bool { return e.label < 0 })
	if left := len(all) - len(s.entries); left > 0 {
		s.warn("%s: left out %s without a label", split, report.Count(left, "image"))
	}
	if len(s.entries) > 0 {
		l.test = s
	} else {
		l.train.warnings = append(l.train.warnings, s.warnings...)
	}
	return nil
}

// source is a split by name of its files; without classes no image has a label.
func (l *labelling) source(d decoder, split string, classes []string) *source {
	s := &source{name: split, classes: classes, load: d.loadFrom(l.folder), decoder: &d}
	for _, one := range l.splits[split] {
		if len(classes) > 0 {
			one.entry.label = slices.Index(classes, one.label)
		}
		s.entries = append(s.entries, one.entry)
	}
	slices.SortStableFunc(
		s.entries, func(a, b entry) int { return strings.Compare(a.name, b.name) },
	)
	return s
}
