package graph

import (
	"errors"
	"testing"
)

func TestRoom(t *testing.T) {
	if err := room(1<<20, 1<<40); err != nil {
		t.Error(err)
	}
	var large *TooLarge
	if err := room(1<<40, 1<<40); !errors.As(err, &large) || large.Need != 1<<40 ||
		large.Most != 1<<40 || large.Held <= 0 {
		t.Errorf("%+v", err)
	}
}
