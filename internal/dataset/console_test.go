package dataset

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"cmae/internal/report"
)

// TestListed: every file is counted once, whatever tells the layout.
func TestListed(t *testing.T) {
	images := map[string][]byte{}
	for i := range 6 {
		images[fmt.Sprintf("%d.png", i)] = gray8(uint8(i))
	}
	for name, c := range map[string]Config{
		"classes": configFor(t, smallFolder(t, 2)),
		"images":  configFor(t, write(t, t.TempDir(), images)),
	} {
		seen := 0
		in, err := c.read(func(files int) { seen = files })
		if err != nil {
			t.Fatal(err)
		}
		files := 0
		for _, s := range in.splits() {
			files += len(s.entries)
		}
		if files != 6 || seen != files {
			t.Errorf("%s: %d of %d files counted", name, seen, files)
		}
	}
}

// TestWatch: listing is shown when it takes long, and makes room for decoding.
func TestWatch(t *testing.T) {
	for _, long := range []bool{false, true} {
		var out bytes.Buffer
		w := newWatch(report.NewConsole(&out, false))
		if long {
			w.begun = w.begun.Add(-2 * patience)
		}
		w.listed(123456)
		if is := w.task != nil; is != long {
			t.Errorf("shown: %t, long: %t", is, long)
		}
		if long && !strings.HasPrefix(w.task.String(), "list 123456  files") {
			t.Errorf("%q", w.task)
		}
		w.decoded(1, 7)
		if got := w.task.String(); !strings.HasPrefix(got, "decode 1/7  images") {
			t.Errorf("%q", got)
		}
		w.task.End()
	}
	begun := time.Now()
	var out bytes.Buffer
	_, err := OpenWithConsole(
		t.Context(), configFor(t, smallFolder(t, 2)), 1, report.NewConsole(&out, false),
	)
	if err != nil || time.Since(begun) < patience && strings.Contains(out.String(), "list") {
		t.Errorf("%v: %q", err, out.String())
	}
}

// TestListingOfFiles: the folders of a list are counted together.
func TestListingOfFiles(t *testing.T) {
	seen := 0
	l := listing{
		folders: map[string]folder{}, links: Default().Links,
		count: &count{tell: func(files int) { seen = files }},
	}
	for _, files := range []int{2, 3} {
		if err := l.add(smallFolder(t, files)); err != nil {
			t.Fatal(err)
		}
	}
	if want := 2*2 + 2 + 2*3 + 2; seen != want || len(l.entries) != want {
		t.Errorf("%d of %d files counted, want %d", seen, len(l.entries), want)
	}
}
