package rundir

import (
	"os"
	"testing"
)

func TestSessions(t *testing.T) {
	f := Folder(t.TempDir())
	if all, err := f.Sessions(); err != nil || all != nil {
		t.Fatalf("without a file: %v, %v", all, err)
	}
	first, second := NewSession("cmae 1"), NewSession("cmae 2")
	second.Step = 7
	for _, s := range []Session{first, second} {
		if err := f.Began(s); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.OpenFile(f.File(sessionsFile), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(`{"half`); err != nil {
		t.Fatal(err)
	}
	all, err := f.Sessions()
	if err != nil || len(all) != 2 || all[0].Tool != "cmae 1" || all[1].Step != 7 {
		t.Errorf("read back %v, %v", all, err)
	}
	if err := f.Began(second); err != nil {
		t.Fatal(err)
	}
	if all, err := f.Sessions(); err != nil || len(all) != 3 {
		t.Errorf("after a torn line: %v, %v", all, err)
	}
	if first.Cores < 1 || len(first.Command) == 0 || first.Go == "" {
		t.Errorf("a session knows little: %+v", first)
	}
}

func TestTyped(t *testing.T) {
	s := Session{Command: []string{"cmae", "pretrain", "--out", "my run", "it's", ""}}
	if got, want := s.Typed(), `cmae pretrain --out 'my run' 'it'\''s' ''`; got != want {
		t.Errorf("typed %s, want %s", got, want)
	}
}
