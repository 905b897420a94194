package config

import "testing"

func TestAtMost(t *testing.T) {
	if err := AtMost(Most{"a", 3, 3}, Most{"b", -1, 0}); err != nil {
		t.Error(err)
	}
	err := AtMost(Most{"a", 3, 3}, Most{"b", 5, 4}, Most{"c", 9, 1})
	if err == nil || err.Error() != "b: 5 is above 4, the most that is supported" {
		t.Error(err)
	}
}
