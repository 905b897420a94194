package dataset

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"cmae/internal/dataset/imagefile"
	"cmae/internal/report"
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
	leadsOut     = "it is a link that leaves the data folder: see data.links"
	leadsNowhere = "it is a link that cannot be followed"
	readAlready  = "it is a link to a folder that is read already"
	besideSplit  = "it is a link to a folder beside the splits"
	notListed    = "no list of labels names it"
)

// countLeftOut tells how many files were left out, by their extension, and how many links.
func countLeftOut(files []LeftOut) string {
	named, links := map[string]int{}, map[string]int{}
	n, unlisted := 0, 0
	for _, f := range files {
		switch kind := strings.ToLower(path.Ext(f.Path)); {
		case f.Reason == leadsOut:
			links["out of the data folder (data.links)"]++
		case f.Reason == leadsNowhere:
			links["that cannot be followed"]++
		case f.Reason == readAlready:
			links["to folders that are read already"]++
		case f.Reason == besideSplit:
			links["to folders beside the splits"]++
		case f.Reason == notListed:
			unlisted++
		case kind == "":
			named["without extension"]++
			n++
		default:
			named[kind]++
			n++
		}
	}
	var parts []string
	if n > 0 {
		parts = append(parts, fmt.Sprintf(
			"%s, no images by the name (%s)", report.Count(n, "file"), most(named),
		))
	}
	if unlisted > 0 {
		parts = append(parts, report.Count(unlisted, "image")+" that no list of labels names")
	}
	for _, where := range slices.Sorted(maps.Keys(links)) {
		parts = append(parts, report.Count(links[where], "link")+" "+where)
	}
	return "left out " + strings.Join(parts, ", and ")
}

// countBad tells how many files could not be used, by the beginning of the reason, and in place of
// how many others stand.
func countBad(files []BadFile) string {
	counts, replaced := map[string]int{}, 0
	for _, f := range files {
		reason, _, _ := strings.Cut(f.Reason, ": ")
		counts[reason]++
		if f.Substitute != "" {
			replaced++
		}
	}
	text := fmt.Sprintf(
		"left out %s that cannot be used (%s)", report.Count(len(files), "file"), most(counts),
	)
	if replaced > 0 {
		text += fmt.Sprintf(", and took other images of the class in place of %d", replaced)
	}
	return text
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
		told[i].Path = shown(one.Path)
		if one.Reason != noExtension && one.Reason != noImagesName {
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
