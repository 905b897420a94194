package runpage

import (
	"fmt"
	"strings"
	"time"

	"cmae/internal/evaluate"
	"cmae/internal/method"
	"cmae/internal/report"
	"cmae/internal/report/page"
	"cmae/internal/rundir"
)

// lead is the run in a sentence.
func (r *run) lead() string {
	return fmt.Sprintf("%s of %s on %s; %s.", r.what(), r.network(), r.images(), r.progress())
}

func (r *run) what() string {
	if r.finetune != nil {
		return "Finetuning"
	}
	return "Pretraining by " + method.Of(*r.pretrain).Title(*r.pretrain)
}

// network is the encoder in a few words.
func (r *run) network() string {
	m := r.common.Model.Resolved()
	if m.IsResNet() {
		return fmt.Sprintf("a %s, %d channels wide", m.Size, m.Width)
	}
	return fmt.Sprintf(
		"a transformer (%s: width %d, %s, %s, patches of %d px)", m.Size, m.Dim,
		report.Count(m.Depth, "block"), report.Count(m.Heads, "head"), m.PatchSize,
	)
}

// data is what the images are called.
func (r *run) data() string {
	return evaluate.DataName(r.common.Data)
}

func (r *run) images() string {
	if len(r.sessions) == 0 {
		return r.data()
	}
	s := r.sessions[len(r.sessions)-1]
	return fmt.Sprintf("%s images of %s, %d px", page.Count(s.Train), r.data(), s.Side)
}

// progress is how far the run is, or came.
func (r *run) progress() string {
	done := fmt.Sprintf("%d of %s", r.epochs(), report.Count(r.train.Epochs, "epoch"))
	return done + map[State]string{
		Running: ", going on", Diverged: ", then it diverged", Stopped: ", then it was stopped",
		Early: ", then it ended early: its evaluations were no longer better",
	}[r.state()]
}

// overview is what a reader looks for first.
func (r *run) overview() []page.Block {
	var f page.Figures
	for _, k := range r.kept {
		if k.Subject == evaluate.Trained {
			f = append(f, page.Figure{
				Value: page.Percent(k.Accuracy), Name: k.Method.Title(), Note: r.beside(k),
			})
		}
	}
	if loss, ok := r.lastLoss(); ok {
		f = append(f, page.Figure{
			Value: page.Number(loss), Name: "loss", Note: "mean of the last whole epoch",
		})
	}
	if speed, d := r.speed(); speed > 0 {
		steps := page.Count(r.steps()) + " steps of " + report.Count(r.train.BatchSize, "image")
		f = append(
			f,
			page.Figure{
				Value: fmt.Sprintf("%.0f", speed), Name: "images a second",
				Note: "mean over all steps",
			},
			page.Figure{Value: page.Duration(d), Name: "in steps", Note: steps},
		)
	}
	if len(f) == 0 {
		return nil
	}
	return []page.Block{f}
}

// beside says what an accuracy has to be held against.
func (r *run) beside(k evaluate.Kept) string {
	notes := []string{}
	for _, other := range r.kept {
		if other.Comparable(k) && other.Subject != evaluate.Trained {
			notes = append(notes, subjects[other.Subject]+" "+page.Percent(other.Accuracy))
		}
	}
	if elsewhere := r.elsewhere(k); elsewhere != "" {
		notes = append([]string{elsewhere}, notes...)
	}
	if len(notes) == 0 && k.Classes > 0 {
		notes = append(notes, "chance "+page.Percent(1/float64(k.Classes)))
	}
	return strings.Join(notes, ", ")
}

func (r *run) lastLoss() (float64, bool) {
	if len(r.epochRows) == 0 {
		return 0, false
	}
	v, ok := r.epochRows[len(r.epochRows)-1].Values[rundir.Loss]
	return v, ok
}

// speed is images a second over all steps, and how long these took.
func (r *run) speed() (float64, time.Duration) {
	seconds, images := 0., 0.
	for _, row := range r.rows {
		if v := row.Values[rundir.ImagesPerSecond]; v > 0 {
			images += float64(r.train.BatchSize)
			seconds += float64(r.train.BatchSize) / v
		}
	}
	if seconds == 0 {
		return 0, 0
	}
	return images / seconds, time.Duration(seconds * float64(time.Second))
}
