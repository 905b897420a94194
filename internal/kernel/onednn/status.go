package onednn

import "fmt"

// status is what every oneDNN function returns; success is 0. The values are the same in both major
// versions.
type status int32

const (
	success          status = 0
	outOfMemory      status = 1
	invalidArguments status = 2
	unimplemented    status = 3
	runtimeError     status = 5
)

func (s status) Error() string {
	switch s {
	case success:
		return "success"
	case outOfMemory:
		return "out of memory"
	case invalidArguments:
		return "invalid arguments"
	case unimplemented:
		return "unimplemented"
	case runtimeError:
		return "runtime error"
	}
	return fmt.Sprintf("status %d", int32(s))
}

// check makes success a nil error.
func (s status) check() error {
	if s == success {
		return nil
	}
	return s
}
