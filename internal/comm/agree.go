package comm

import (
	"errors"
	"fmt"
	"strings"

	"cmae/internal/fault"
)

// Agreed is an error that all processes have: they leave together.
type Agreed struct{ Err error }

func (e *Agreed) Error() string { return e.Err.Error() }

// Unwrap is the error.
func (e *Agreed) Unwrap() error { return e.Err }

// longest is how much of an error's text others get to know.
const longest = 1 << 10

// Agree tells all processes that one has an error, and is nil in all of them only where it is in
// all. An error that a process does not have itself is a *fault.Elsewhere that names the rank, or
// the fault.Signal that it got. Of several errors the first rank's counts. p may be nil.
func Agree(p Processes, err error) error {
	if !Several(p) {
		return err
	}
	var first *Agreed
	if errors.As(err, &first) { // as the others have it
		return err
	}
	codes := Gather(p, []byte{byte(fault.ExitCode(err))})
	if strings.Trim(string(codes), "\x00") == "" {
		return nil
	}
	text := make([]byte, longest)
	if err != nil {
		copy(text, err.Error())
	}
	texts := Gather(p, text)
	for rank, code := range codes {
		switch {
		case code == 0:
		case rank == p.Rank():
			return &Agreed{err}
		case code > fault.FromSignal:
			return &Agreed{fault.Signal(code - fault.FromSignal)}
		default:
			text := strings.TrimRight(string(texts[rank*longest:(rank+1)*longest]), "\x00")
			return &Agreed{&fault.Elsewhere{Text: fmt.Sprintf("rank %d: %s", rank, text), Code: int(code)}}
		}
	}
	return nil
}

// Same is an error where what a process has is not what the first one has; what names it.
func Same(p Processes, what, has, remedy string) error {
	if !Several(p) {
		return nil
	}
	first := string(Send(p, []byte(has)))
	if first == has {
		return Agree(p, nil)
	}
	return Agree(p, fmt.Errorf(
		"%w: %s is not that of rank 0 (%s, rank 0 has %s); %s", fault.Usage, what, has, first, remedy,
	))
}
