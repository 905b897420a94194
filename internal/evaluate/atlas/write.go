package atlas

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html/template"
	"image"
	"image/jpeg"
	"image/png"
	"math"
	"slices"
	"strconv"
	"time"

	"golang.org/x/image/draw"

	"cmae/internal/report/canvas"
	"cmae/internal/report/page"
)

//go:embed map.html map.js
var files embed.FS

// write writes page, picture and table.
func (a *atlas) write(s *Summary, tool string) error {
	a.fit()
	p := page.Page{
		Title: "Map: " + a.title,
		Lead: fmt.Sprintf(
			"%s images by their features: t-SNE of %d principal components, so that near ones are "+
				"alike to the encoder; distances between far ones mean nothing.",
			page.Count(len(a.Paths)), min(mostComponents, a.Set.Dim),
		),
		Foot: fmt.Sprintf("Written by %s on %s.", tool, page.Date(time.Now())),
	}
	t := template.Must(template.ParseFS(files, "map.html"))
	block := func(name string, of any) (page.HTML, error) {
		var text bytes.Buffer
		err := t.ExecuteTemplate(&text, name, of)
		return page.HTML{Body: template.HTML(text.String())}, err // by a template, which escapes
	}
	what := "folder"
	if a.ByClass {
		what = "class"
	}
	of := map[string]any{"Groups": a.Groups, "What": what, "Count": len(a.Paths)}
	view, err := block("map", of)
	if err != nil {
		return err
	}
	if view.Script, err = a.script(); err != nil {
		return err
	}
	p.Add("map", "", view)
	clusters, err := block("clusters", a.shownClusters())
	if err != nil {
		return err
	}
	p.Add("clusters", "Clusters", page.Text(
		"By k-means, the largest first, each with the images nearest to its centre."), clusters)
	pairs, err := block("pairs", a.shownPairs())
	if err != nil {
		return err
	}
	none := page.Text(fmt.Sprintf(
		"Pairs of neighbours whose small images differ by less than %g (root mean square) and %g "+
			"of their contrast: %d.",
		duplicate, ofContrast, len(a.pairs),
	))
	p.Add("duplicates", "Near-duplicates", none, pairs)
	outliers, err := block("thumbs", a.shownOutliers())
	if err != nil {
		return err
	}
	p.Add("outliers", "Outliers", page.Text(
		"Images that are least like their nearest ones, by the mean cosine."), outliers)
	if err := p.Write(s.Page); err != nil {
		return err
	}
	if err := canvas.SavePNG(s.Picture, a.picture()); err != nil {
		return err
	}
	return canvas.Save(s.Table, a.table())
}

// fit brings the places into the unit square, with a rim.
func (a *atlas) fit() {
	low, high := a.places[0], a.places[0]
	for _, p := range a.places {
		low.X, low.Y = min(low.X, p.X), min(low.Y, p.Y)
		high.X, high.Y = max(high.X, p.X), max(high.Y, p.Y)
	}
	const rim = .03
	size := max(high.X-low.X, high.Y-low.Y, 1e-12) / (1 - 2*rim)
	for i, p := range a.places {
		a.places[i].X = .5 + (p.X-(low.X+high.X)/2)/size
		a.places[i].Y = .5 + (p.Y-(low.Y+high.Y)/2)/size
	}
}

// script is the data of the map and what draws it.
func (a *atlas) script() (template.JS, error) {
	n := len(a.Paths)
	columns := int(math.Ceil(math.Sqrt(float64(n))))
	sheet := image.NewRGBA(image.Rect(0, 0, columns*thumbSide, (n+columns-1)/columns*thumbSide))
	data := map[string]any{
		"side": thumbSide, "columns": columns, "names": a.Paths,
		"groups": append([]string{}, a.Groups...), // [] in JSON where there are none
		"group":  a.Labels, "cluster": a.clusters,
	}
	x, y, near := make([]float64, n), make([]float64, n), make([][][2]float64, n)
	for i, p := range a.places {
		x[i], y[i] = math.Round(1e4*p.X)/1e4, math.Round(1e4*p.Y)/1e4
		at := image.Pt(i%columns*thumbSide, i/columns*thumbSide)
		draw.Draw(sheet, a.Thumbs[i].Rect.Add(at), a.Thumbs[i], image.Point{}, draw.Src)
		for _, m := range a.near[i*a.k : (i+1)*a.k] {
			cosine := math.Round(1e4*float64(m.Cosine)) / 1e4
			near[i] = append(near[i], [2]float64{float64(m.Index), cosine})
		}
	}
	names := make([]string, a.count)
	for c := range names {
		names[c] = clusterName(c)
	}
	var sprite bytes.Buffer
	if err := jpeg.Encode(&sprite, sheet, &jpeg.Options{Quality: 82}); err != nil {
		return "", fmt.Errorf("map: small images: %w", err)
	}
	data["x"], data["y"], data["near"], data["clusters"] = x, y, near, names
	data["sprite"] = string(page.URI(sprite.Bytes()))
	text, err := json.Marshal(data)
	if err != nil {
		return "", fmt.Errorf("map: %w", err)
	}
	code, err := files.ReadFile("map.js")
	if err != nil {
		return "", fmt.Errorf("map: %w", err)
	}
	return template.JS("const data = " + string(text) + ";\n" + string(code)), nil
}

func clusterName(c int) string { return "cluster " + strconv.Itoa(c+1) }

// shownImage is an image on the page.
type shownImage struct {
	Path, Note string
	URI        template.URL
}

func (a *atlas) shown(i int, note string) shownImage {
	var text bytes.Buffer
	if err := png.Encode(&text, a.Thumbs[i]); err != nil {
		panic(fmt.Sprintf("map: encode a small image: %v", err)) // to memory: no write fails
	}
	return shownImage{a.Paths[i], note, page.URI(text.Bytes())}
}

// typical is the number of images that show a cluster.
const typical = 16

// shownCluster is a cluster on the page.
type shownCluster struct {
	Name, Count, Most string
	Images            []shownImage
}

func (a *atlas) shownClusters() []shownCluster {
	members := make([][]int, a.count)
	for i, c := range a.clusters {
		members[c] = append(members[c], i)
	}
	var all []shownCluster
	for c, own := range members {
		slices.SortStableFunc(own, func(i, j int) int {
			return cmp.Compare(a.distance[i], a.distance[j])
		})
		s := shownCluster{Name: clusterName(c), Count: page.Count(len(own)), Most: a.most(own)}
		for _, i := range own[:min(typical, len(own))] {
			s.Images = append(s.Images, a.shown(i, ""))
		}
		all = append(all, s)
	}
	return all
}

// most says which group most of some images are of.
func (a *atlas) most(images []int) string {
	if a.Groups == nil {
		return ""
	}
	count, best := make([]int, len(a.Groups)), 0
	for _, i := range images {
		g := a.Labels[i]
		if count[g]++; count[g] > count[best] {
			best = g
		}
	}
	share := float64(count[best]) / float64(len(images))
	return fmt.Sprintf("%s of %s", page.Percent(share), a.Groups[best])
}

// shownPair is a pair of near-duplicates on the page.
type shownPair struct {
	A, B shownImage
	Note string
}

func (a *atlas) shownPairs() (all []shownPair) {
	for _, p := range a.pairs {
		note := fmt.Sprintf("cosine %.3f, difference %.3f", p.Cosine, p.Difference)
		if p.Groups && a.Groups != nil {
			note += fmt.Sprintf("; %s and %s", a.Groups[a.Labels[p.a]], a.Groups[a.Labels[p.b]])
		}
		all = append(all, shownPair{a.shown(p.a, ""), a.shown(p.b, ""), note})
	}
	return all
}

func (a *atlas) shownOutliers() (all []shownImage) {
	for _, o := range a.outliers {
		all = append(all, a.shown(o.at, fmt.Sprintf("mean cosine %.3f", o.Cosine)))
	}
	return all
}

// table is the map for programs: a line an image.
func (a *atlas) table() []byte {
	var text bytes.Buffer
	w := csv.NewWriter(&text) // to memory: no write fails
	_ = w.Write([]string{"path", "group", "cluster", "x", "y", "nearest", "cosine"})
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', 4, 64) }
	for i, path := range a.Paths {
		group, nearest := "", a.near[i*a.k]
		if a.Groups != nil {
			group = a.Groups[a.Labels[i]]
		}
		_ = w.Write([]string{
			path, group, strconv.Itoa(a.clusters[i] + 1),
			number(a.places[i].X), number(a.places[i].Y),
			a.Paths[nearest.Index], number(float64(nearest.Cosine)),
		})
	}
	w.Flush()
	return text.Bytes()
}
