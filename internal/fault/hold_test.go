package fault

import (
	"context"
	"testing"
)

func TestHold(t *testing.T) {
	Hold(context.Background())() // nobody asks
	ctx, holds := WithHolds(context.Background())
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	first, second := Hold(ctx), Hold(ctx)
	first()
	if !holds.Any() {
		t.Error("one of two was released")
	}
	if second(); holds.Any() {
		t.Error("all were released")
	}
}
