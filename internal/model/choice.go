package model

import "fmt"

// unknown is what a switch over choices panics with: loading has refused what it does not list.
func unknown[S ~string](choice S) string {
	return fmt.Sprintf("model: no %T is called %q", choice, string(choice))
}
