package track

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"cmae/internal/report"
	"cmae/internal/rundir"
)

func row(step int, loss float64) rundir.Row {
	return rundir.Row{
		Event: rundir.StepEvent, Step: step, Values: map[string]float64{
			"loss": loss, "terms.contrast": 2 * loss,
		},
	}
}

// read is what a reader of TFRecord finds in a run's event files: step and fields of each event.
// It checks every checksum.
func read(t *testing.T, folder string) (steps []int, scalars map[string]float32, sessions int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, rundir.EventsFolder, "events.out.tfevents.*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("event files %v: %v", files, err)
	}
	scalars = map[string]float32{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for len(data) > 0 {
			n := int(binary.LittleEndian.Uint64(data))
			if binary.LittleEndian.Uint32(data[8:]) != masked(data[:8]) ||
				binary.LittleEndian.Uint32(data[12+n:]) != masked(data[12:12+n]) {
				t.Fatalf("%s: a checksum is wrong", file)
			}
			event := fields(t, data[12:12+n])
			if of := event[summary]; of != nil {
				steps = append(steps, int(event[2][0].(uint64)))
				for _, v := range fields(t, of[0].([]byte))[1] {
					value := fields(t, v.([]byte))
					if len(value[2]) > 0 {
						tag := string(value[1][0].([]byte))
						scalars[tag] = math.Float32frombits(value[2][0].(uint32))
					}
				}
			}
			sessions += len(event[session])
			data = data[16+n:]
		}
	}
	return steps, scalars, sessions
}

// fields are those of a message, by number.
func fields(t *testing.T, m []byte) map[protowire.Number][]any {
	t.Helper()
	all := map[protowire.Number][]any{}
	for len(m) > 0 {
		number, kind, n := protowire.ConsumeTag(m)
		m = m[n:]
		var v any
		switch kind {
		case protowire.VarintType:
			v, n = protowire.ConsumeVarint(m)
		case protowire.Fixed32Type:
			v, n = protowire.ConsumeFixed32(m)
		case protowire.Fixed64Type:
			v, n = protowire.ConsumeFixed64(m)
		case protowire.BytesType:
			v, n = protowire.ConsumeBytes(m)
		}
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		all[number], m = append(all[number], v), m[n:]
	}
	return all
}

func TestChecksum(t *testing.T) {
	// RFC 3720, B.4: CRC-32C of 32 zeros is 8a9136aa
	crc := uint32(0x8a9136aa)
	if want := (crc>>15 | crc<<17) + 0xa282ead8; masked(make([]byte, 32)) != want {
		t.Errorf("%x, want %x", masked(make([]byte, 32)), want)
	}
}

func TestTensorBoard(t *testing.T) {
	folder := t.TempDir()
	write := func(from int, losses ...float64) {
		all := Open(Config{TensorBoard: true}, folder, from, nil, nil)
		for i, loss := range losses {
			all.Row(row(from+1+i, loss))
		}
		all.Close(Done)
	}
	write(0, 3, 2.5)
	write(1, 2) // resumed after step 1
	steps, scalars, sessions := read(t, folder)
	if !slices.Equal(steps, []int{1, 2, 2}) || sessions != 1 || scalars["step/loss"] != 2 ||
		scalars["step/terms/contrast"] != 4 {
		t.Errorf("steps %v, %d resumes, %v", steps, sessions, scalars)
	}
	picture := filepath.Join(t.TempDir(), "views.png")
	f, err := os.Create(picture)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, image.NewRGBA(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if err := Pictures(folder, 2, []string{picture}); err != nil {
		t.Fatal(err)
	}
	if steps, _, _ := read(t, folder); len(steps) != 4 {
		t.Errorf("the picture is no event: %v", steps)
	}
	if err := Pictures(t.TempDir(), 2, []string{"nothing.png"}); err != nil {
		t.Errorf("a run without event files: %v", err)
	}
}

func TestPrometheus(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cmae.prom")
	all := Open(Config{Prometheus: path}, "runs/one", 0, nil, nil)
	for i, loss := range []float64{3, 2.5} {
		all.Row(row(i+1, loss))
	}
	all.Close(Done)
	text, err := os.ReadFile(path)
	want := "# TYPE cmae_step_terms_contrast gauge\ncmae_step_terms_contrast{run=\"one\"} 5\n"
	if err != nil || !strings.Contains(string(text), want) ||
		!strings.Contains(string(text), "cmae_step{run=\"one\"} 2\n") {
		t.Errorf("%v:\n%s", err, text)
	}
}

// server answers as MLflow does, and keeps what it was told.
type server struct {
	mu      sync.Mutex
	created int
	values  map[string]float64
	params  map[string]string
	status  string
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var body struct {
		Metrics []metricRow
		Params  []struct{ Key, Value string }
		Status  string
	}
	text, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(text, &body)
	switch strings.TrimPrefix(r.URL.Path, "/api/2.0/mlflow/") {
	case "experiments/get-by-name":
		http.Error(w, `{"error_code": "RESOURCE_DOES_NOT_EXIST"}`, http.StatusNotFound)
	case "experiments/create":
		io.WriteString(w, `{"experiment_id": "7"}`)
	case "runs/create":
		s.created++
		io.WriteString(w, `{"run": {"info": {"run_id": "abc"}}}`)
	case "runs/log-batch":
		for _, m := range body.Metrics {
			s.values[m.Key] = m.Value
		}
		for _, p := range body.Params {
			s.params[p.Key] = p.Value
		}
		io.WriteString(w, "{}")
	case "runs/update":
		s.status = body.Status
		io.WriteString(w, "{}")
	default:
		http.NotFound(w, r)
	}
}

func TestMLflow(t *testing.T) {
	s := &server{values: map[string]float64{}, params: map[string]string{}}
	at := httptest.NewServer(s)
	defer at.Close()
	folder := t.TempDir()
	session := func(end End, loss float64) {
		settings := map[string]string{"train.epochs": "8"}
		all := Open(Config{MLflow: at.URL + "/"}, folder, 0, settings, nil)
		all.Row(row(1, loss))
		all.Close(end)
	}
	session(Interrupted, 3)
	if s.status != "KILLED" || s.params["train.epochs"] != "8" || s.values["step/loss"] != 3 {
		t.Errorf("%s: %v, %v", s.status, s.values, s.params)
	}
	session(Done, 2)
	if s.created != 1 || s.status != "FINISHED" || s.values["step/terms/contrast"] != 4 {
		t.Errorf("%d runs, %s: %v", s.created, s.status, s.values)
	}
	at.Close()
	var out strings.Builder
	lost := report.NewConsole(&out, false)
	Open(Config{MLflow: at.URL}, t.TempDir(), 0, nil, lost).Close(Done)
	if !strings.Contains(out.String(), "goes on without it") {
		t.Errorf("a server that is gone: %q", out.String())
	}
}

func TestValidate(t *testing.T) {
	for _, bad := range []Config{
		{Prometheus: "cmae.txt"}, {MLflow: "localhost:5000"}, {MLflow: "ftp://host"},
	} {
		if bad.Validate() == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
	good := Config{true, "dir/cmae.prom", "https://user:secret@host:5000/path"}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
}

// TestATrackerThatFails is left out with a warning, and the others go on.
func TestATrackerThatFails(t *testing.T) {
	var shown bytes.Buffer
	folder, gone := t.TempDir(), filepath.Join(t.TempDir(), "gone", "run.prom")
	all := Open(
		Config{TensorBoard: true, Prometheus: gone}, folder, 0, nil,
		report.NewConsole(&shown, false),
	)
	all.Row(row(1, 3))
	all.Row(row(2, 2))
	all.Close(Done)
	if steps, _, _ := read(t, folder); !slices.Equal(steps, []int{1, 2}) {
		t.Errorf("TensorBoard has steps %v", steps)
	}
	if text := shown.String(); strings.Count(text, "the run goes on without it") != 1 ||
		!strings.Contains(text, "run.prom") {
		t.Errorf("shown: %s", text)
	}
}
