package ablate

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
)

// csv is the table for programs: one line a cell, accuracies as fractions, an empty field where there is no value.
func (t *Table) csv() []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b) // to memory: no write fails
	_ = w.Write([]string{
		"cell", "settings", "runs", "failed", "linear_probe_mean", "linear_probe_sd", "knn_mean", "knn_sd", "loss_mean", "loss_sd",
		"seconds_mean", "seconds_sd", "decoder_parameters", "encoder_parameters", "step_flops_per_image",
	})
	for _, r := range t.Rows {
		record := []string{r.Name, strings.Join(r.Set, " "), strconv.Itoa(len(r.Runs)), strconv.Itoa(len(r.Failures))}
		for _, s := range []*Stat{r.Linear, r.KNN, r.Loss, r.Seconds} {
			record = append(record, s.fields()...)
		}
		_ = w.Write(append(record, strconv.Itoa(r.DecoderParameters), strconv.Itoa(r.EncoderParameters), strconv.FormatInt(r.StepFLOPs, 10)))
	}
	w.Flush()
	return b.Bytes()
}

// fields are mean and deviation.
func (s *Stat) fields() []string {
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
	switch {
	case s == nil:
		return []string{"", ""}
	case s.SD == nil:
		return []string{number(s.Mean), ""}
	}
	return []string{number(s.Mean), number(*s.SD)}
}
