package config

import "strings"

// suggest is the tail of an error about an unknown path: the nearest key, if one is near.
func (s *keySet) suggest(path string) string {
	if k := s.nearest(path, "."); k != nil {
		return "; did you mean " + k.path + "?"
	}
	return ""
}

// nearest returns the leaf that path most likely means, or nil. A path is near by few edits,
// counted over all of it or, one edit dearer, over its last name alone, or because a key's last
// name contains it. separator is what stands between path's names.
func (s *keySet) nearest(path, separator string) *key {
	if len(path) > 100 {
		return nil
	}
	var best *key
	least := max(2, len(path)/4) + 1
	for _, k := range s.leaves {
		distance := edits(path, strings.ReplaceAll(k.path, ".", separator))
		last := path[strings.LastIndex(path, ".")+1:]
		if d := edits(last, k.name) + 1; d <= max(2, len(last)/4) {
			distance = min(distance, d)
		}
		if len(last) > 1 && strings.Contains(k.name, last) {
			distance = min(distance, 2)
		}
		if distance < least {
			best, least = k, distance
		}
	}
	return best
}

// edits is the Levenshtein distance of two texts, in bytes.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
