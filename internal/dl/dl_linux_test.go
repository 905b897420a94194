//go:build amd64 || arm64

package dl

import (
	"strings"
	"testing"
	"unsafe"
)

// TestSetenv: C sees a variable that is set, and keeps one unless told otherwise.
func TestSetenv(t *testing.T) {
	libc, err := Open("libc.so.6", false)
	if err != nil {
		t.Skip(err) // a system of another C library
	}
	getenv, err := libc.Symbol("getenv")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		value    string
		override bool
		want     string
	}{{"1", false, "1"}, {"2", false, "1"}, {"3", true, "3"}} {
		if err := Setenv("CMAE_TEST_DL", c.value, c.override); err != nil {
			t.Fatal(err)
		}
		name := []byte("CMAE_TEST_DL\x00")
		text, _ := Call(getenv, uintptr(unsafe.Pointer(&name[0])))
		if text == 0 {
			t.Fatal("C does not see the variable")
		}
		got := unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&text))), len(c.want)+1)
		if string(got) != c.want+"\x00" {
			t.Errorf("%+v: C sees %q", c, got)
		}
	}
}

// TestMissing: what is not there is an error that names it.
func TestMissing(t *testing.T) {
	_, err := Open("libof-cmae.so", true)
	if err == nil || !strings.Contains(err.Error(), "libof-cmae.so") {
		t.Errorf("got %v", err)
	}
	libc, err := Open("libc.so.6", false)
	if err != nil {
		t.Skip(err)
	}
	var none func()
	if err := libc.Bind(&none, "cmae_has_no_such_function"); err == nil || none != nil {
		t.Errorf("got %v", err)
	}
}
