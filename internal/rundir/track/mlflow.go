package track

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"cmae/internal/atomicfile"
	"cmae/internal/report"
	"cmae/internal/rundir"
)

const (
	experiment  = "cmae"
	sendEvery   = 5 * time.Second
	mostMetrics = 1000 // of a call
	mostParams  = 100
	longestText = 500 // of a parameter's value
	answerIn    = 10 * time.Second
)

// mlflow sends a run to a server, from a goroutine: training never waits for the server,
// and goes on without it.
type mlflow struct {
	address, folder string
	settings        map[string]string
	console         *report.Console

	mu      sync.Mutex
	waiting []metricRow
	id      string
	failed  bool
	end     End
	done    chan struct{}
	ended   chan struct{}
}

// metricRow is a value as MLflow takes it.
type metricRow struct {
	Key       string  `json:"key"`
	Value     float64 `json:"value"`
	Timestamp int64   `json:"timestamp"` // milliseconds
	Step      int     `json:"step"`
}

func newMLflow(
	address, folder string, settings map[string]string, console *report.Console,
) *mlflow {
	m := &mlflow{
		address: strings.TrimSuffix(address, "/"), folder: folder, settings: settings,
		console: console, done: make(chan struct{}), ended: make(chan struct{}),
	}
	go m.work()
	return m
}

// Row keeps the values of a row to be sent.
func (m *mlflow) Row(row rundir.Row) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failed {
		return nil
	}
	now := time.Now().UnixMilli()
	for _, value := range slices.Sorted(maps.Keys(row.Values)) {
		m.waiting = append(m.waiting, metricRow{name(row, value), row.Values[value], now, row.Step})
	}
	return nil
}

// Close sends the rest and ends the server's run.
func (m *mlflow) Close(end End) error {
	m.end = end
	close(m.done)
	<-m.ended
	return nil
}

// statuses are MLflow's.
var statuses = map[End]string{Done: "FINISHED", Interrupted: "KILLED", Failed: "FAILED"}

func (m *mlflow) work() {
	defer close(m.ended)
	every := time.NewTicker(sendEvery)
	defer every.Stop()
	for over := false; !over; {
		select {
		case <-every.C:
		case <-m.done:
			over = true
		}
		err := m.begin()
		if err == nil {
			err = m.send()
		}
		if err == nil && over {
			err = m.call("runs/update", map[string]any{
				"run_id": m.id, "status": statuses[m.end], "end_time": time.Now().UnixMilli(),
			}, nil)
		}
		if err != nil {
			m.console.Warn("track.mlflow: %v: the run goes on without it", err)
			m.mu.Lock()
			m.failed, m.waiting = true, nil
			m.mu.Unlock()
			return
		}
	}
}

// begin finds the server's run of this folder, or makes one.
func (m *mlflow) begin() error {
	if m.id != "" {
		return nil
	}
	path := filepath.Join(m.folder, rundir.MLflowFile)
	var kept struct {
		Address string `json:"address"`
		ID      string `json:"run_id"`
	}
	if text, err := os.ReadFile(path); err == nil && json.Unmarshal(text, &kept) == nil &&
		kept.Address == m.address {
		m.id = kept.ID
		return m.call("runs/update", map[string]any{"run_id": m.id, "status": "RUNNING"}, nil)
	}
	if err := m.create(); err != nil {
		return err
	}
	kept.Address, kept.ID = m.address, m.id
	text, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	return atomicfile.Write(path, append(text, '\n'), 0o644)
}

func (m *mlflow) create() error {
	var found struct {
		Experiment struct {
			ID string `json:"experiment_id"`
		} `json:"experiment"`
		ID string `json:"experiment_id"`
	}
	byName := "experiments/get-by-name?experiment_name=" + url.QueryEscape(experiment)
	err := m.call(byName, nil, &found)
	id := found.Experiment.ID
	if errors.As(err, new(*answer)) {
		err = m.call("experiments/create", map[string]any{"name": experiment}, &found)
		id = found.ID
	}
	if err != nil {
		return err
	}
	var made struct {
		Run struct {
			Info struct {
				ID string `json:"run_id"`
			} `json:"info"`
		} `json:"run"`
	}
	if err := m.call("runs/create", map[string]any{
		"experiment_id": id, "run_name": rundir.Name(m.folder),
		"start_time": time.Now().UnixMilli(),
	}, &made); err != nil {
		return err
	}
	m.id = made.Run.Info.ID
	type param struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	}
	var params []param
	for _, key := range slices.Sorted(maps.Keys(m.settings)) {
		value := m.settings[key]
		params = append(params, param{key, value[:min(len(value), longestText)]})
	}
	for part := range slices.Chunk(params, mostParams) {
		if err := m.call("runs/log-batch", map[string]any{
			"run_id": m.id, "params": part,
		}, nil); err != nil {
			return err
		}
	}
	return nil
}

func (m *mlflow) send() error {
	m.mu.Lock()
	waiting := m.waiting
	m.waiting = nil
	m.mu.Unlock()
	for part := range slices.Chunk(waiting, mostMetrics) {
		if err := m.call("runs/log-batch", map[string]any{
			"run_id": m.id, "metrics": part,
		}, nil); err != nil {
			return err
		}
	}
	return nil
}

// answer is a refusal by the server.
type answer struct {
	status int
	text   string
}

func (a *answer) Error() string {
	return fmt.Sprintf("the server answers %d: %s", a.status, a.text)
}

// call asks the server, by GET if there is nothing to send, and reads its answer into result.
func (m *mlflow) call(what string, send, result any) error {
	ctx, cancel := context.WithTimeout(context.Background(), answerIn)
	defer cancel()
	verb, body := http.MethodGet, []byte(nil)
	if send != nil {
		var err error
		if body, err = json.Marshal(send); err != nil {
			return err
		}
		verb = http.MethodPost
	}
	address := m.address + "/api/2.0/mlflow/" + what
	request, err := http.NewRequestWithContext(ctx, verb, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	switch {
	case err != nil:
		return err
	case response.StatusCode != http.StatusOK:
		return &answer{response.StatusCode, strings.TrimSpace(string(text[:min(len(text), 200)]))}
	case result == nil:
		return nil
	}
	return json.Unmarshal(text, result)
}
