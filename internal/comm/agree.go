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
			text = fmt.Sprintf("rank %d: %s", rank, text)
			return &Agreed{&fault.Elsewhere{Text: text, Code: int(code)}}
		}
	}
	return nil
}

// ByHost has one process of each host open something that it leaves there for the others, then
// these. An error of one is an error of all.
func ByHost(p Processes, open func() error) error {
	if !Several(p) {
		return open()
	}
	var err error
	onHost, _ := p.OnHost()
	if onHost == 0 {
		err = open()
	}
	if err = Agree(p, err); err == nil && onHost > 0 {
		err = open()
	}
	return Agree(p, err)
}

// Same is an error, in all processes, where one has a text that is not the first one's; what names
// it. An error that another process is agreeing on meanwhile is its error too.
func Same(p Processes, what, has, remedy string) error {
	if !Several(p) {
		return nil
	}
	if err := Agree(p, nil); err != nil { // which another process has met before
		return err
	}
	first := string(Send(p, []byte(has)))
	if first == has {
		return Agree(p, nil)
	}
	mine, its := difference(has, first)
	return Agree(p, fmt.Errorf(
		"%w: %s differs from rank 0's: %q, and there %q; %s", fault.Usage, what, mine, its, remedy,
	))
}

// difference is the first lines in which two texts differ.
func difference(a, b string) (ofA, ofB string) {
	first, second := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range max(len(first), len(second)) {
		ofA, ofB = "", ""
		if i < len(first) {
			ofA = strings.TrimSpace(first[i])
		}
		if i < len(second) {
			ofB = strings.TrimSpace(second[i])
		}
		if ofA != ofB {
			break
		}
	}
	return ofA, ofB
}
