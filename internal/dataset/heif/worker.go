package heif

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// Worker is the argument that makes this program decode pictures for another one.
const Worker = "heif-worker"

// workerVariable marks such a process, which must not start others.
const workerVariable = "CMAE_HEIF_WORKER"

// How long a process may take to begin, and to decode a picture: a second for every megapixel more.
const (
	startTime  = 20 * time.Second
	decodeTime = 30 * time.Second
)

// greeting begins the line that a process says first; the version of the library follows.
const greeting = "cmae heif 1 "

// Pool keeps processes for the next picture. The zero value is ready; Close ends them.
type Pool struct {
	mutex   sync.Mutex
	idle    []*worker
	missing error // why there is no library, once that is known
}

// worker is a process that decodes.
type worker struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

// take gives an idle process or starts one.
func (p *Pool) take(maxPixels int) (*worker, error) {
	p.mutex.Lock()
	if n := len(p.idle); n > 0 {
		w := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mutex.Unlock()
		return w, nil
	}
	missing := p.missing
	p.mutex.Unlock()
	if missing != nil {
		return nil, missing
	}
	w, err := start(maxPixels)
	if errors.Is(err, ErrMissing) {
		p.mutex.Lock()
		p.missing = err
		p.mutex.Unlock()
	}
	return w, err
}

// give puts a process back, unless it has gone wrong.
func (p *Pool) give(w *worker, err error) {
	if errors.Is(err, errGone) {
		w.stop()
		return
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.idle = append(p.idle, w)
}

// Close ends the idle processes. The pool can be used again.
func (p *Pool) Close() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, w := range p.idle {
		w.stop()
	}
	p.idle = nil
}

// Version is that of the library, "1.15.1", or ErrMissing.
func Version() (string, error) {
	w, err := start(1)
	if err != nil {
		return "", err
	}
	defer w.stop()
	return w.version(), nil
}

func (w *worker) version() string { return w.command.Args[len(w.command.Args)-1] }

// start begins a process and hears whether it has a library.
func start(maxPixels int) (*worker, error) {
	if os.Getenv(workerVariable) != "" {
		return nil, errors.New("a process that decodes pictures starts no other")
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	w := &worker{command: exec.Command(self, Worker, fmt.Sprint(maxPixels))}
	w.command.Args[0] = os.Args[0] // which may say what this program is to be
	w.command.Env = append(os.Environ(), workerVariable+"=1")
	in, err := w.command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := w.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	w.in, w.out = in, bufio.NewReaderSize(out, 1<<16)
	if err := w.command.Start(); err != nil {
		return nil, err
	}
	line := ""
	err = w.within(startTime, func() (err error) {
		line, err = w.out.ReadString('\n')
		return err
	})
	version, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), greeting)
	switch {
	case err == nil && ok && version != "":
		w.command.Args = append(w.command.Args, version)
		return w, nil
	case err == nil && ok:
		err = ErrMissing
	case err == nil:
		err = errors.New("the process for libheif says something else")
	}
	w.stop()
	return nil, err
}

// stop ends the process, whatever it does.
func (w *worker) stop() {
	w.in.Close()
	w.command.Process.Kill()
	w.command.Wait() // how it ends is of no interest
}

var errGone = errors.New("libheif crashed on it, or took too long")

// within does something with the process, which is killed when it takes too long.
func (w *worker) within(limit time.Duration, do func() error) error {
	timer := time.AfterFunc(limit, func() { w.command.Process.Kill() })
	defer timer.Stop()
	return do()
}

// decode sends a file and waits for the picture.
func (w *worker) decode(data []byte, maxPixels int) (*coded, error) {
	limit := decodeTime + time.Duration(maxPixels/1e6)*time.Second
	var c *coded
	err := w.within(limit, func() (err error) {
		if err = binary.Write(w.in, binary.LittleEndian, uint64(len(data))); err != nil {
			return err
		}
		if _, err = w.in.Write(data); err != nil {
			return err
		}
		c, err = readCoded(w.out, maxPixels)
		return err
	})
	if err != nil {
		return nil, errGone
	}
	switch c.Outcome {
	case decoded, tooLarge:
		return c, nil
	case lacking:
		return nil, lack(c.Text)
	}
	return nil, errors.New(c.Text)
}
