package dataset

import (
	"io/fs"
	"path"

	"cmae/internal/report"
)

// besideClasses notes what lies in dir beside the folders of classes. Images are warned of: someone
// without classes may miss them.
func (f folder) besideClasses(s *source, dir string) error {
	files, err := f.list(dir)
	images := 0
	for _, file := range files {
		switch name := path.Join(dir, file.Name()); {
		case f.isFolder(name):
		case isImage(name):
			images++
		default:
			(&walker{folder: f, source: s}).leaveOut(name, file.Type() == fs.ModeSymlink)
		}
	}
	if images > 0 {
		s.warn(
			"left out %s in %s itself, beside the folders of classes; to take all images without "+
				"labels, set data.path to it and data.format to images",
			report.Count(images, "image"), f.full(dir),
		)
	}
	return err
}
