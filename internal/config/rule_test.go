package config

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ruled has settings with rules, names of earlier versions, and keys of an embedded part.
type ruled struct {
	RuledPart `yaml:",inline"`
	Loop      ruledLoop `yaml:"loop" doc:"The loop."`
}

// RuledPart is embedded.
type RuledPart struct {
	Engine string  `yaml:"engine"`
	Mode   mode    `yaml:"mode" choices:"fast,exact" doc:"How."`
	Share  float64 `yaml:"share" above:"0" max:"1"`
	Count  int     `yaml:"replicas" was:"lanes,threads" min:"0" max:"8"`
}

type ruledLoop struct {
	Every int        `yaml:"eval_every" was:"judge_every" min:"1"`
	Rates []float64  `yaml:"rates" above:"0"`
	Mean  [2]float64 `yaml:"mean" min:"0" below:"1"`
}

func (RuledPart) Choices() map[string][]string { return map[string][]string{"engine": {"a", "b"}} }

func (l ruledLoop) Validate() error {
	if len(l.Rates) > l.Every {
		return Faultf("loop.rates", "%d are more than loop.eval_every %d", len(l.Rates), l.Every)
	}
	return nil
}

func ruledDefaults() *ruled {
	return &ruled{
		RuledPart: RuledPart{Engine: "a", Mode: "fast", Share: 0.5},
		Loop:      ruledLoop{Every: 2, Rates: []float64{1}},
	}
}

// TestRules: tags say what a value must be, and the fault is told by key, value and remedy.
func TestRules(t *testing.T) {
	for text, want := range map[string]string{
		"engine: c":                `c.yaml:1: engine: "c" is not one of a, b`,
		"mode: slow":               `c.yaml:1: mode: "slow" is not one of fast, exact`,
		"share: 0":                 "c.yaml:1: share: 0 must be above 0 and at most 1",
		"share: 1.5":               "c.yaml:1: share: 1.5 must be above 0 and at most 1",
		"replicas: 9":              "c.yaml:1: replicas: 9 must be between 0 and 8",
		"loop: {eval_every: 0}":    "c.yaml:1: loop.eval_every: 0 must be at least 1",
		"loop: {rates: [1, 0]}":    "c.yaml:1: loop.rates: value 2: 0 must be above 0",
		"loop: {mean: [0, 1]}":     "c.yaml:1: loop.mean: value 2: 1 must be at least 0 and below 1",
		"loop: {rates: [1, 2, 3]}": "c.yaml:1: loop.rates: 3 are more than loop.eval_every 2",
		"loop: {rates: [1, 2]}":    "",
		"engine: b\nmode: exact":   "",
		"share: 1\nreplicas: 8":    "",
	} {
		err := Decode(ruledDefaults(), "c.yaml", []byte(text))
		if (err == nil) != (want == "") || err != nil && err.Error() != want {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
	spoiled := ruledDefaults()
	spoiled.Share = math.NaN()
	var fault *Fault
	if err := Check("", spoiled); !errors.As(err, &fault) || fault.Key != "share" {
		t.Errorf("NaN: %v", err)
	}
	if err := Check("loop", ruledLoop{}); !errors.As(err, &fault) ||
		fault.Key != "loop.eval_every" {
		t.Errorf("a section alone: %v", err)
	}
}

// TestFormerNames: what earlier versions wrote is understood, and a source that people write is
// told of it.
func TestFormerNames(t *testing.T) {
	saved := ruledDefaults()
	if err := Decode(saved, "c.yaml", []byte("lanes: 3\nloop: {judge_every: 5}")); err != nil ||
		saved.Count != 3 || saved.Loop.Every != 5 {
		t.Errorf("a saved run: %v, %+v", err, saved)
	}
	var notes []string
	now := ruledDefaults()
	err := Load(now, Source{
		File: file(t, "threads: 3\n"), Env: []string{"CMAE_LOOP_JUDGE_EVERY=6"},
		Set:  []string{"lanes=4", "share=0.2"},
		Note: func(text string) { notes = append(notes, text) },
	})
	if err != nil || now.Count != 4 || now.Loop.Every != 6 {
		t.Errorf("%v, %+v", err, now)
	}
	if len(notes) != 3 ||
		!strings.HasSuffix(notes[0], "run.yaml:1: threads is now called replicas") {
		t.Errorf("%q", notes)
	}
	want := []string{
		"CMAE_LOOP_JUDGE_EVERY is now called CMAE_LOOP_EVAL_EVERY",
		"--set: lanes is now called replicas",
	}
	if diff := cmp.Diff(want, notes[1:]); diff != "" {
		t.Error(diff)
	}
	for text, want := range map[string]string{
		"lanes: 3\nreplicas: 3": "c.yaml:2: replicas: is set twice, first in line 1",
		"lanes: 9":              "c.yaml:1: replicas: 9 must be between 0 and 8",
		"loop: {lanes: 3}":      "c.yaml:1: loop.lanes: unknown key; did you mean loop.rates?",
	} {
		err := Decode(ruledDefaults(), "c.yaml", []byte(text))
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v", text, err)
		}
	}
	values := Current(now, map[string]string{"lanes": "1", "loop.judge_every": "2", "mode": "fast"})
	if diff := cmp.Diff(
		map[string]string{"replicas": "1", "loop.eval_every": "2", "mode": "fast"}, values,
	); diff != "" {
		t.Error(diff)
	}
}

// TestDescriptions: rules are in what describes settings.
func TestDescriptions(t *testing.T) {
	text, err := json.Marshal(Keys(ruledDefaults(), ruledDefaults()))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`{"key":"engine","doc":"","type":"string","choices":["a","b"],"value":"a","default":"a"}`,
		`"type":"number","above":0,"max":1,"value":0.5`,
		`"min":0,"max":8,"was":["lanes","threads"],"value":0`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
	schema, err := json.Marshal(Schema("of a test", ruledDefaults()))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"$schema":"https://json-schema.org/draft/2020-12/schema"`,
		`"mode":{"default":"fast","description":"How.","enum":["fast","exact"]}`,
		`"share":{"default":0.5,"exclusiveMinimum":0,"maximum":1,"type":"number"}`,
		`"lanes":{"deprecated":true,"description":"is now called replicas","maximum":8,"minimum":0,"type":"integer"}`,
		`"rates":{"default":[1],"items":{"exclusiveMinimum":0,"type":"number"},"type":["array","null"]}`,
		`"maxItems":2,"minItems":2`,
		`"description":"The loop."`,
	} {
		if !strings.Contains(string(schema), want) {
			t.Errorf("%s is not in\n%s", want, schema)
		}
	}
	page := Page(ruledDefaults(), func(k Key) bool { return k.Path != "engine" })
	for _, want := range []string{
		"- **`mode`** (`fast`, `exact`; default `fast`): How.\n", "\n### `loop`: The loop.\n",
		"(number above 0 and at most 1; default `0.5`)",
		"(whole number between 0 and 8, formerly `lanes`, `threads`; default `0`)",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not in\n%s", want, page)
		}
	}
	if strings.Contains(page, "engine") {
		t.Error("a setting is shown that is left out")
	}
}

func TestBadTagsPanic(t *testing.T) {
	for name, settings := range map[string]any{
		"choices of a number": struct {
			A int `yaml:"a" choices:"1,2"`
		}{},
		"bounds of a string": struct {
			A string `yaml:"a" min:"1"`
		}{},
		"no number": struct {
			A int `yaml:"a" min:"one"`
		}{},
		"two lower bounds": struct {
			A int `yaml:"a" min:"1" above:"0"`
		}{},
		"a former name that is taken": struct {
			A int `yaml:"a"`
			B int `yaml:"b" was:"a"`
		}{},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: accepted", name)
				}
			}()
			keysOf(settings)
		}()
	}
}
