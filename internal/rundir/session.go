package rundir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"cmae/internal/machine"
	"cmae/internal/report"
)

// Session is one process that trained the run, a line of sessions.jsonl: what was typed, and on
// what it ran.
type Session struct {
	Began     time.Time `json:"began"`
	Step      int       `json:"step"` // that it went on from
	Command   []string  `json:"command"`
	Tool      string    `json:"tool"`
	Go        string    `json:"go"`
	System    string    `json:"system"` // of the kernel, with its release
	CPU       string    `json:"cpu"`
	Cores     int       `json:"cores"`
	Memory    int64     `json:"memory"` // of the machine, in bytes
	Engine    string    `json:"engine"`
	Precision string    `json:"precision"`
	Replicas  int       `json:"replicas"`
	Train     int       `json:"train_images"`
	Test      int       `json:"test_images"`
	Classes   int       `json:"classes"`
	Side      int       `json:"image_size"`
}

// NewSession is this process, on this machine.
func NewSession(tool string) Session {
	s := Session{
		Began: time.Now().UTC().Truncate(time.Second), Command: append([]string{}, os.Args...),
		Tool: tool, Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH,
		CPU: machine.CPUName(), Cores: runtime.NumCPU(),
		Memory: machine.Memory("MemTotal"),
	}
	s.Command[0] = filepath.Base(s.Command[0])
	if kernel := machine.Kernel(); kernel != "" {
		s.System += ", " + kernel
	}
	return s
}

// Typed is the command line as a shell takes it.
func (s Session) Typed() string {
	words := make([]string, len(s.Command))
	for i, w := range s.Command {
		words[i] = report.Quoted(w)
	}
	return strings.Join(words, " ")
}

// Began appends a session, on a new line also where a killed process has torn the last.
func (f Folder) Began(s Session) (err error) {
	line, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("run: session: %w", err)
	}
	file, err := openLog(f.File(sessionsFile))
	if err != nil {
		return fmt.Errorf("run: session: %w", err)
	}
	_, err = file.Write(append(torn(file), append(line, '\n')...))
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("run: session: %w", err)
	}
	return nil
}

// torn is what ends the last line of a file.
func torn(file *os.File) (end []byte) {
	last := []byte{'\n'}
	if info, err := file.Stat(); err == nil && info.Size() > 0 {
		_, _ = file.ReadAt(last, info.Size()-1) // else nothing is torn
	}
	if last[0] != '\n' {
		end = []byte{'\n'}
	}
	return end
}

// Sessions are all of the run, none for one of an earlier version. A line that is none, or is still
// being written, is left out.
func (f Folder) Sessions() (all []Session, err error) {
	text, err := ReadFile(f.File(sessionsFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("run: sessions: %w", err)
	}
	lines := bytes.Split(text, []byte("\n"))
	for _, line := range lines[:len(lines)-1] {
		var s Session
		if json.Unmarshal(line, &s) == nil {
			all = append(all, s)
		}
	}
	return all, nil
}
