package kernel

import (
	"errors"
	"testing"
)

func TestCatch(t *testing.T) {
	lost := errors.New("device lost")
	fail := func(with any) (err error) {
		defer Catch(&err)
		if with != nil {
			panic(with)
		}
		return errors.ErrUnsupported
	}
	if err := fail(&Error{Engine: "fake", Err: lost}); !errors.Is(err, lost) {
		t.Errorf("got %v", err)
	}
	if err := fail(nil); err != errors.ErrUnsupported {
		t.Errorf("got %v", err)
	}
	defer func() {
		if r := recover(); r != "a bug" {
			t.Errorf("got %v", r)
		}
	}()
	t.Errorf("a bug is an error: %v", fail("a bug"))
}
