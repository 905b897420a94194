package ablate

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
)

// csv is the table for programs: one line a cell, accuracies as fractions, an empty field where
// there is no value.
func (t *Table) csv() []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b) // to memory: no write fails
	head := []string{"cell", "settings", "runs", "failed"}
	for _, e := range t.Evaluators {
		head = append(head, string(e)+"_mean", string(e)+"_sd")
	}
	_ = w.Write(append(head, "loss_mean", "loss_sd", "seconds_mean", "seconds_sd",
		"epochs", "step_flops_per_image", "run_flops", "decoder_parameters", "encoder_parameters"))
	for _, r := range t.Rows {
		record := []string{
			r.Name, strings.Join(r.Set, " "), strconv.Itoa(len(r.Runs)),
			strconv.Itoa(len(r.Failures)),
		}
		for _, e := range t.Evaluators {
			record = append(record, r.Accuracy[e].fields()...)
		}
		record = append(append(record, r.Loss.fields()...), r.Seconds.fields()...)
		_ = w.Write(append(
			record, strconv.Itoa(r.Epochs),
			strconv.FormatInt(r.StepFLOPs, 10), strconv.FormatInt(r.RunFLOPs, 10),
			strconv.Itoa(r.DecoderParameters), strconv.Itoa(r.EncoderParameters),
		))
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
