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
// parts of terms and boxes have columns of their own, such as terms.con. What a row lacks is empty.
func tableOf(histories []*history) ([]byte, error) {
	var rows []map[string]string
	columns := map[string]bool{}
	for _, h := range histories {
		for _, r := range h.rows {
			text, err := json.Marshal(r)
			var fields map[string]any
			if err == nil {
				d := json.NewDecoder(bytes.NewReader(text))
				d.UseNumber() // as it is written
				err = d.Decode(&fields)
			}
			if err != nil {
				return nil, fmt.Errorf("curves: table of metrics: %w", err)
			}
			row := map[string]string{"run": h.name}
			flatten(row, "", fields)
			for name := range row {
				columns[name] = true
			}
			rows = append(rows, row)
		}
	}
	for _, name := range leading {
		delete(columns, name)
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

func flatten(row map[string]string, prefix string, fields map[string]any) {
	for name, v := range fields {
		if inner, ok := v.(map[string]any); ok {
			flatten(row, prefix+name+".", inner)
		} else {
			row[prefix+name] = fmt.Sprint(v)
		}
	}
}
