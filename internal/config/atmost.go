package config

import "fmt"

// Most is a size and the largest that it may be: far above what anybody needs, and low enough that
// the program's own arithmetic and its tables hold it.
type Most struct {
	Key          string
	Value, Limit int
}

// AtMost refuses the first size above its limit, in the form of a Validate method.
func AtMost(sizes ...Most) error {
	for _, s := range sizes {
		if s.Value > s.Limit {
			return fmt.Errorf(
				"%s: %d is above %d, the most that is supported", s.Key, s.Value, s.Limit,
			)
		}
	}
	return nil
}
