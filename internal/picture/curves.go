package picture

import (
	"bytes"
	"fmt"
	"image/color"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"cmae/internal/config"
	"cmae/internal/trainer"
)

// Sizes of the picture of curves.
const (
	panelWidth  = 3.9 * vg.Inch
	panelHeight = 2.9 * vg.Inch
	lineHeight  = 20 // of title and legend, in points
)

// axis is time as all runs of a picture have it: epochs, or optimizer steps as long as one run has not ended its first epoch.
type axis struct {
	label string
	of    func(*history) func(trainer.Row) float64
}

func axisOf(runs []*history) axis {
	for _, h := range runs {
		if h.perEpoch == 0 {
			return axis{"optimizer steps", func(*history) func(trainer.Row) float64 {
				return func(r trainer.Row) float64 { return float64(r.Step) }
			}}
		}
	}
	return axis{"epochs", func(h *history) func(trainer.Row) float64 {
		return func(r trainer.Row) float64 { return float64(r.Step) / h.perEpoch }
	}}
}

// Curves plots losses, learning rate, gradient norm and, where it was measured, kNN accuracy of one or several run folders to a .png or .svg file.
func Curves(path string, runs ...string) error {
	format := strings.ToLower(filepath.Ext(path))
	if format != ".png" && format != ".svg" {
		return &config.Error{Where: path, Problem: "a plot must end in .png or .svg"}
	}
	histories, err := readHistories(runs)
	if err != nil {
		return err
	}
	sheet := newSheet(histories)
	if len(sheet.charts) == 0 {
		return &config.Error{Where: strings.Join(runs, ", "), Problem: "the metrics have nothing to plot yet"}
	}
	var content bytes.Buffer
	if format == ".svg" {
		c := vgsvg.New(sheet.width, sheet.height)
		sheet.draw(draw.New(c))
		_, err = c.WriteTo(&content)
	} else {
		c := vgimg.NewWith(vgimg.UseWH(sheet.width, sheet.height), vgimg.UseDPI(100), vgimg.UseBackgroundColor(color.White))
		sheet.draw(draw.New(c))
		_, err = vgimg.PngCanvas{Canvas: c}.WriteTo(&content)
	}
	if err != nil {
		return fmt.Errorf("picture: encode %q: %w", path, err)
	}
	return save(path, content.Bytes())
}

// sheet is a picture of curves: a title, a line of legend a few runs, panels.
type sheet struct {
	runs          []*history
	charts        []*plot.Plot
	columns, rows int
	legend        [][]int // runs by line
	width, height vg.Length
	smoothed      bool // a panel shows a moving mean
}

func newSheet(runs []*history) *sheet {
	s := &sheet{runs: runs}
	axis := axisOf(runs)
	for _, p := range panels() {
		if chart := p.plot(runs, axis); chart != nil {
			s.charts = append(s.charts, chart)
			s.smoothed = s.smoothed || slices.ContainsFunc(runs, func(h *history) bool { return p.smoothed(p.points(h, axis.of(h))) })
		}
	}
	s.columns = []int{1, 1, 2, 3, 2, 3, 3, 4}[len(s.charts)]
	s.rows = (len(s.charts) + s.columns - 1) / s.columns
	s.width = vg.Length(max(s.columns, 2)) * panelWidth
	s.layLegend()
	s.height = vg.Length(s.rows)*panelHeight + s.header()
	return s
}

// header is the height of title and legend.
func (s *sheet) header() vg.Length { return vg.Points(lineHeight * float64(len(s.legend)+2)) }

// layLegend deals the runs out to lines as wide as the picture.
func (s *sheet) layLegend() {
	text, x := letters(11), vg.Length(0)
	for i, h := range s.runs {
		width := legendMark + text.Width(h.name)
		if len(s.legend) == 0 || x+width > s.width-2*legendMark {
			s.legend, x = append(s.legend, nil), 0
		}
		last := len(s.legend) - 1
		s.legend[last], x = append(s.legend[last], i), x+width
	}
}

// legendMark is the room for a run's line and the distance to its neighbours.
const legendMark = 3.5 * lineHeight

// letters is the style of title and legend.
func letters(size vg.Length) draw.TextStyle {
	style := plot.New().Title.TextStyle
	style.Font.Variant, style.Font.Size, style.Color = "Sans", size, black
	style.XAlign, style.YAlign = draw.XLeft, draw.YCenter
	return style
}

func (s *sheet) draw(c draw.Canvas) {
	y := c.Max.Y - vg.Points(lineHeight)
	title := "Training curves"
	if len(s.runs) > 1 {
		title = fmt.Sprintf("Training curves of %d runs", len(s.runs))
	}
	big, small := letters(15), letters(11)
	big.Font.Weight = font.WeightBold
	c.FillText(big, vg.Point{X: vg.Points(12), Y: y}, title)
	if s.smoothed {
		c.FillText(small, vg.Point{X: vg.Points(24) + big.Width(title), Y: y}, "pale: steps, strong: their moving mean")
	}
	for _, line := range s.legend {
		y -= vg.Points(lineHeight)
		x := vg.Points(12)
		for _, i := range line {
			c.StrokeLine2(draw.LineStyle{Color: runColours[i%len(runColours)], Width: vg.Points(2.5), Dashes: dashes(i)}, x, y, x+vg.Points(24), y)
			c.FillText(small, vg.Point{X: x + vg.Points(30), Y: y}, s.runs[i].name)
			x += legendMark + small.Width(s.runs[i].name)
		}
	}
	s.drawCharts(draw.Crop(c, vg.Points(6), -vg.Points(10), vg.Points(6), -s.header()))
}

func (s *sheet) drawCharts(c draw.Canvas) {
	table := make([][]*plot.Plot, s.rows)
	for r := range table {
		table[r] = make([]*plot.Plot, s.columns)
		copy(table[r], s.charts[r*s.columns:min((r+1)*s.columns, len(s.charts))])
	}
	tiles := draw.Tiles{Rows: s.rows, Cols: s.columns, PadX: vg.Points(14), PadY: vg.Points(12)}
	for r, row := range plot.Align(table, tiles, c) {
		for i, place := range row {
			if table[r][i] != nil {
				table[r][i].Draw(place)
			}
		}
	}
}
