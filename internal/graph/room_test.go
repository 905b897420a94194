package graph

import (
	"errors"
	"testing"

	"cmae/internal/kernel"
)

// small is an engine that holds a quarter of 4 GB, and on a host collects no garbage.
type small struct {
	kernel.Memory
	host bool
}

func (s small) Usage() kernel.Usage {
	return kernel.Usage{Held: 1 << 30, Most: 4 << 30, Host: s.host}
}

func TestRoom(t *testing.T) {
	for _, host := range []bool{true, false} {
		if err := room(small{host: host}, 3<<30); err != nil {
			t.Error(err)
		}
		var large *TooLarge
		if err := room(small{host: host}, 3<<30+1); !errors.As(err, &large) ||
			large.Need != 3<<30+1 || large.Most != 4<<30 || large.Held != 1<<30 {
			t.Errorf("%+v", err)
		}
	}
}
