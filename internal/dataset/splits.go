package dataset

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Names that the folders of splits may have, the preferred first, in upper or lower case. What was
// made to choose settings by is preferred to what was made to report.
var (
	trainSplits      = []string{"train", "training"}
	evaluationSplits = []string{"val", "valid", "validation", "dev", "test", "testing"}
)

// splits gives the folders in dir that are called one of names, the preferred first.
func (f folder) splits(dir string, names []string) (found []string) {
	entries, err := f.list(dir)
	if err != nil {
		return nil
	}
	for _, wanted := range names {
		var like []string
		for _, e := range entries {
			if strings.EqualFold(e.Name(), wanted) && f.isFolder(path.Join(dir, e.Name())) {
				like = append(like, e.Name())
			}
		}
		if i := slices.Index(like, wanted); i > 0 {
			like[0], like[i] = like[i], like[0]
		}
		found = append(found, like...)
	}
	return found
}

// trainSplit is the folder of the training images; train where there is none, for messages.
func (f folder) trainSplit() string {
	return append(f.splits(".", trainSplits), trainSplits[0])[0]
}

// isSplit says whether a folder is called as splits are.
func isSplit(name string) bool {
	return isTrain(name) || slices.Contains(evaluationSplits, strings.ToLower(name))
}

// isTrain says whether a folder is called as that of the training images is.
func isTrain(name string) bool { return slices.Contains(trainSplits, strings.ToLower(name)) }

// chooseTest takes the first evaluation split that has images. read gives nil for one without. A
// fault of the split is kept for whoever evaluates: training does without.
func (in *input) chooseTest(read func(split string) (*source, error)) {
	splits := in.folder.splits(".", evaluationSplits)
	for i, split := range splits {
		if in.test, in.noTest = read(split); in.test != nil || in.noTest != nil {
			in.unused(split, splits[i+1:])
			return
		}
		in.train.warn("%s holds no image: it is passed over", in.folder.full(split))
	}
}

// unused notes the evaluation splits besides the one that is taken.
func (in *input) unused(taken string, others []string) {
	if len(others) > 0 {
		in.notes = append(in.notes, fmt.Sprintf(
			"evaluation is on the split %s; not used: %s", taken, strings.Join(others, ", "),
		))
	}
}
