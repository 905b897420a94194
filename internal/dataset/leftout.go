package dataset

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"cmae/internal/dataset/imagefile"
)

// LeftOut is a file among the images that is not taken for one.
type LeftOut struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// Reasons to leave a file out.
const (
	noExtension  = "its name has no extension"
	noImagesName = "its name is no image's"
	isFolder     = "it is a folder among the images of a class"
)

// leaveOut notes a file.
func (s *source) leaveOut(name string, file fs.DirEntry) {
	reason := noImagesName
	switch {
	case file.IsDir():
		reason = isFolder
	case path.Ext(name) == "":
		reason = noExtension
	}
	s.leftOut = append(s.leftOut, LeftOut{name, reason})
}

// countLeftOut tells how many files were left out, by their extension.
func countLeftOut(files []LeftOut) string {
	counts := map[string]int{}
	for _, f := range files {
		kind := strings.ToLower(path.Ext(f.Path))
		switch {
		case f.Reason == isFolder:
			kind = "folders"
		case kind == "":
			kind = "without extension"
		}
		counts[kind]++
	}
	return fmt.Sprintf(
		"left out %s, no images by the name (%s)", counted(len(files), "file"), most(counts),
	)
}

// countBad tells how many files could not be used, by the beginning of the reason.
func countBad(files []BadFile) string {
	counts := map[string]int{}
	for _, f := range files {
		reason, _, _ := strings.Cut(f.Reason, ": ")
		counts[reason]++
	}
	return fmt.Sprintf(
		"left out %s that cannot be used (%s)", counted(len(files), "file"), most(counts),
	)
}

// counted is a number of things.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// most lists counts, the largest first, as far as a line goes.
func most(counts map[string]int) string {
	kinds := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(counts[b]-counts[a], strings.Compare(a, b))
	})
	const shown = 5
	var parts []string
	for _, kind := range kinds[:min(len(kinds), shown)] {
		parts = append(parts, fmt.Sprintf("%s: %d", kind, counts[kind]))
	}
	if len(kinds) > shown {
		parts = append(parts, "others")
	}
	return strings.Join(parts, ", ")
}

// lookInto says of files that were left out for their names which of them are images all the same.
func (f folder) lookInto(files []LeftOut) []LeftOut {
	told := slices.Clone(files)
	for i, one := range told {
		if one.Reason == isFolder {
			continue
		}
		if kind := imagefile.Kind(f.head(one.Path)); kind != "" {
			told[i].Reason += fmt.Sprintf(
				", but its content is %s: give it an extension such as .%s", kind, kind,
			)
		}
	}
	return told
}

// head gives the first bytes of a regular file, or nothing.
func (f folder) head(name string) []byte {
	const most = 64
	if _, err := f.regular(name); err != nil {
		return nil
	}
	file, err := f.files.Open(name)
	if err != nil {
		return nil
	}
	defer file.Close()
	data := make([]byte, most)
	n, _ := file.Read(data)
	return data[:n]
}
