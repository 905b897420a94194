package curves

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// leading are the columns with which a table of metrics begins; others follow by name.
var leading = []string{"run", "event", "step", "epoch"}

// tableOf writes the rows of metrics as CSV, a column for every number that any of them has; the
// each value of a group has a column, such as terms.contrast. What a row lacks is empty.
func tableOf(histories []*history) ([]byte, error) {
	var rows []map[string]string
	columns := map[string]bool{}
	for _, h := range histories {
		for _, r := range h.rows {
			row := map[string]string{
				"run": h.name, "event": r.Event, "step": fmt.Sprint(r.Step),
				"epoch": fmt.Sprint(r.Epoch),
			}
			for name, v := range r.Values {
				number, err := json.Marshal(v) // as metrics.jsonl has it
				if err != nil {
					return nil, fmt.Errorf("curves: table of metrics: %w", err)
				}
				row[name] = string(number)
				columns[name] = true
			}
			rows = append(rows, row)
		}
	}
	names := append(slices.Clone(leading), slices.Sorted(maps.Keys(columns))...)
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	_ = w.Write(names) // a buffer takes everything
	for _, row := range rows {
		record := make([]string, len(names))
		for i, name := range names {
			record[i] = row[name]
		}
		_ = w.Write(record)
	}
	w.Flush()
	return text.Bytes(), w.Error()
}
