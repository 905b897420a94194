package picture

import (
	"context"
	"path/filepath"
)

// Folder is where the pictures of a run folder go.
func Folder(run string) string { return filepath.Join(run, "pictures") }

// OfRun draws what a finished run is best judged by at a glance, reconstructions where it has a decoder, attention and curves, to its
// Folder, and returns the paths. o.From is a run folder.
func OfRun(ctx context.Context, o Options) ([]string, error) {
	s, err := Open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	var paths []string
	draw := func(name string, draw func(path string) error) error {
		path := filepath.Join(Folder(o.From), name)
		paths = append(paths, path)
		return draw(path)
	}
	sample := Sample{Count: 8, Seed: 1}
	if o.Config.Reconstruct.Weight > 0 {
		if err := draw("reconstruct.png", func(path string) error { return Reconstructions(ctx, s, path, sample) }); err != nil {
			return nil, err
		}
	}
	if err := draw("attention.png", func(path string) error { return Attention(ctx, s, path, sample) }); err != nil {
		return nil, err
	}
	if err := draw("curves.png", func(path string) error { return Curves(path, o.From) }); err != nil {
		return nil, err
	}
	return paths, nil
}
