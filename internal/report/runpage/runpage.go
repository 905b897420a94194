// Package runpage writes the page of a run, report.html in its folder: what ran and where, what it
// came to, how it went, what the encoder sees. Write takes what the folder has; Fill draws and
// measures before that what it lacks.
//
// Reading order: runpage.go (the page), read.go (what a folder says), overview.go (figures and
// facts), evaluations.go (accuracies, confusions, classes), settings.go (settings, machine,
// commands), fill.go (pictures and evaluations that were missing); status.go (how far a run is, in
// text), card.go (what goes with exported weights).
package runpage

import (
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"time"

	"cmae/internal/method"
	"cmae/internal/report/chart"
	"cmae/internal/report/curves"
	"cmae/internal/report/page"
	"cmae/internal/rundir"
)

// Write writes the page of the run in a folder and returns its path.
func Write(folder, tool string) (string, error) {
	r, err := read(folder)
	if err != nil {
		return "", err
	}
	p := page.Page{Title: rundir.Name(folder), Lead: r.lead(), Foot: fmt.Sprintf(
		"Written by %s on %s.", tool, page.Date(time.Now()),
	)}
	p.Add("overview", "", r.overview()...)
	p.Add("evaluations", "Evaluations", r.evaluations()...)
	charts, err := r.curves()
	if err != nil {
		return "", err
	}
	p.Add("curves", "Curves", charts...)
	pictures, err := r.pictures()
	if err != nil {
		return "", err
	}
	p.Add("pictures", "What the encoder sees", pictures...)
	p.Add("confusion", "Confusion", r.confusion()...)
	p.Add("classes", "Classes", r.classes()...)
	p.Add("settings", "Settings", r.settingsBlocks()...)
	p.Add("environment", "Machine and commands", r.environment()...)
	path := filepath.Join(folder, rundir.ReportFile)
	return path, p.Write(path)
}

// curves are the panels of the run's metrics.
func (r *run) curves() ([]page.Block, error) {
	if len(r.rows) == 0 {
		return nil, nil
	}
	panels, err := curves.Panels(method.All().Terms(), r.folder)
	if err != nil || len(panels) == 0 {
		return nil, err
	}
	c, err := charts(panels)
	if err != nil {
		return nil, err
	}
	blocks := []page.Block{c}
	if r.steps() >= chart.LeastSmoothed {
		blocks = append(
			blocks, page.Text("Pale lines are single steps, strong ones their moving mean."),
		)
	}
	return blocks, nil
}

// charts are panels as a block.
func charts(panels []chart.Panel) (c page.Charts, err error) {
	for _, p := range panels {
		svg, err := p.SVG()
		if err != nil {
			return c, err
		}
		c.SVG = append(c.SVG, template.HTML(svg)) // which escapes its texts
	}
	return c, nil
}

// shown are the pictures of a page, in its order, by file name.
var shown = []struct{ file, alt, caption string }{
	{"reconstruct.png", "Reconstructions of masked images", ""},
	{"attention.png", "Attention of the class token", ""},
	{"pca.png", "Principal components of patch features", ""},
	{"crops.png", "Boxes of ContrastiveCrop", ""},
	{"views.png", "Training views", ""},
	{"map.png", "Map of the embeddings",
		"Images by their features; map.html beside this picture can be explored."},
}

// pictures are those in the run's folder.
func (r *run) pictures() ([]page.Block, error) {
	var all page.Pictures
	for _, s := range shown {
		image, err := os.ReadFile(filepath.Join(rundir.Pictures(r.folder), s.file))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("report: picture: %w", err)
		}
		all = append(all, page.Picture{Alt: s.alt, Caption: s.caption, Image: image})
	}
	if len(all) == 0 {
		return nil, nil
	}
	return []page.Block{all}, nil
}
