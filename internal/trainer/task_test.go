package trainer

import (
	"errors"
	"fmt"
	"testing"

	"cmae/internal/config"
	"cmae/internal/graph"
)

func TestFitsMemory(t *testing.T) {
	var settings *config.Error
	large := fmt.Errorf("replica 1: %w", &graph.TooLarge{Need: 2e9, Held: 1e9, Most: 2.5e9})
	if err := FitsMemory(large, 64); !errors.As(err, &settings) ||
		settings.Key != "train.batch_size" || !errors.Is(err, settings.Err) {
		t.Errorf("%v", err)
	}
	other := errors.New("other")
	if err := FitsMemory(other, 64); err != other {
		t.Errorf("%v", err)
	}
}
