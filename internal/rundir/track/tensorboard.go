package track

import (
	"bytes"
	"fmt"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"cmae/internal/protobuf"
	"cmae/internal/rundir"
)

// flushEvery is how long events wait to be written.
const flushEvery = 2 * time.Second

// tensorBoard writes one event file a session.
type tensorBoard struct {
	file    *os.File
	waiting []byte
	flushed time.Time
}

// newTensorBoard opens an event file of a run that goes on after step. What files of earlier
// sessions have of later steps TensorBoard then leaves out.
func newTensorBoard(folder string, step int) (*tensorBoard, error) {
	folder = filepath.Join(folder, rundir.EventsFolder)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("run: tensorboard: %w", err)
	}
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	now := time.Now()
	// the number in the name orders the files; two sessions may begin within a second
	name := fmt.Sprintf("events.out.tfevents.%010d.%s.%d.%d", now.Unix(), host, os.Getpid(), step)
	file, err := os.OpenFile(
		filepath.Join(folder, name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644,
	)
	if err != nil {
		return nil, fmt.Errorf("run: tensorboard: %w", err)
	}
	t := &tensorBoard{file: file, flushed: now}
	t.add(event(seconds(now), 0, version, []byte("brain.Event:2")))
	if step > 0 {
		t.add(event(seconds(now), step+1, session, started()))
	}
	return t, t.flush()
}

func seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

func (t *tensorBoard) add(event []byte) { t.waiting = append(t.waiting, record(event)...) }

// Row writes the values of a row as scalars.
func (t *tensorBoard) Row(row rundir.Row) error {
	var all protobuf.Message
	for _, value := range slices.Sorted(maps.Keys(row.Values)) {
		all.Bytes(1, scalar(name(row, value), row.Values[value]))
	}
	now := time.Now()
	t.add(event(seconds(now), row.Step, summary, all))
	if now.Sub(t.flushed) < flushEvery && row.Event == rundir.StepEvent {
		return nil
	}
	return t.flush()
}

func (t *tensorBoard) flush() error {
	if _, err := t.file.Write(t.waiting); err != nil {
		return fmt.Errorf("run: tensorboard: %w", err)
	}
	t.waiting, t.flushed = t.waiting[:0], time.Now()
	return nil
}

// Close writes what waits.
func (t *tensorBoard) Close(End) error {
	err := t.flush()
	if closed := t.file.Close(); err == nil {
		err = closed
	}
	return err
}

// Pictures adds PNG files to the event files of a run at a step, under their names; a run without
// event files gets none.
func Pictures(folder string, step int, files []string) (err error) {
	if _, err := os.Stat(filepath.Join(folder, rundir.EventsFolder)); err != nil {
		return nil
	}
	t, err := newTensorBoard(folder, 0)
	if err != nil {
		return err
	}
	defer func() {
		if closed := t.Close(Done); err == nil {
			err = closed
		}
	}()
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("run: tensorboard: %w", err)
		}
		size, err := png.DecodeConfig(bytes.NewReader(data))
		if err != nil {
			return fmt.Errorf("run: tensorboard: %q: %w", file, err)
		}
		var all protobuf.Message
		tag := "pictures/" + strings.TrimSuffix(filepath.Base(file), ".png")
		all.Bytes(1, picture(tag, size.Width, size.Height, data))
		t.add(event(seconds(time.Now()), step, summary, all))
	}
	return nil
}
