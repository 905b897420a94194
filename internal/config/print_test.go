package config

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPrint(t *testing.T) {
	const want = `# Every random draw comes from it.
seed: 1
# fast or exact.
mode: fast

# Images.
data:
  # Folder.
  path: data
  # Side in pixels.
  image_size: 32
  small: 0
  # Of R, G, B.
  mean: [0.1, 0.2, 0.3]
  names: [a, b, c]
  # In memory.
  cache: true
  deep:
    limit: 0

# How parameters move. This text is long enough that it has to be broken into more than one line of
# comment.
optim:
  base_lr: 0.001
  betas: [0.9, 0.95]
  clip: 0.0
`
	if diff := cmp.Diff(want, printed(t, defaults())); diff != "" {
		t.Error(diff)
	}
	for name, spoil := range map[string]func(*rich){
		"not finite": func(r *rich) { r.Optim.BaseLR = math.Inf(1) },
		"in a list":  func(r *rich) { r.Optim.Betas[1] = math.NaN() },
		"not UTF-8":  func(r *rich) { r.Data.Path = "\xff" },
	} {
		r := defaults()
		spoil(r)
		if err := Print(&bytes.Buffer{}, r); err == nil {
			t.Errorf("%s: printed", name)
		}
	}
}

func TestKeysAndDiff(t *testing.T) {
	changed := defaults()
	changed.Data.Mean[0], changed.Data.Names, changed.Data.Path = 1, nil, "007"
	text, err := json.Marshal(Keys(changed, defaults()))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`{"key":"seed","doc":"Every random draw comes from it.","type":"non-negative whole number","value":1,"default":1}`,
		`{"key":"data.path","doc":"Folder.","type":"string","value":"007","default":"data"}`,
		`{"key":"data.mean","doc":"Of R, G, B.","type":"list of 3 numbers","value":[1,0.2,0.3],"default":[0.1,0.2,0.3]}`,
		`{"key":"data.names","doc":"","type":"list of strings","value":null,"default":["a","b","c"]}`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
	b := defaults()
	b.Seed, b.Data.Names, b.Data.Cache, b.Optim.Clip = 9, nil, false, 2
	want := []Change{
		{"seed", "1", "9"}, {"data.names", "[a, b, c]", "null"}, {"data.cache", "true", "false"},
		{"optim.clip", "0.0", "2.0"},
	}
	if diff := cmp.Diff(want, Diff(defaults(), *b)); diff != "" {
		t.Error(diff)
	}
	if got := Diff(defaults(), b, "data", "seed", "opt"); len(got) != 1 ||
		got[0].String() != "optim.clip: 0.0 is now 2.0" {
		t.Errorf("ignored: %v", got)
	}
}

// choosy has another default where its mode is exact.
type choosy struct {
	Mode string `yaml:"mode"`
	Rate int    `yaml:"rate"`
	Size int    `yaml:"size"`
}

func (c *choosy) Preset(chosen any) {
	if to := chosen.(choosy); to.Mode == "exact" && c.Mode != "exact" {
		c.Rate = 10
	}
}

// TestPreset: a choice changes defaults, never what a source says, and only where it is new.
func TestPreset(t *testing.T) {
	for _, c := range []struct {
		base choosy
		set  []string
		want choosy
	}{
		{choosy{Mode: "fast", Rate: 1, Size: 2}, []string{"size=3"}, choosy{"fast", 1, 3}},
		{choosy{Mode: "fast", Rate: 1, Size: 2}, []string{"mode=exact"}, choosy{"exact", 10, 2}},
		{
			choosy{Mode: "fast", Rate: 1, Size: 2}, []string{"rate=1", "mode=exact"},
			choosy{"exact", 1, 2},
		},
		{
			choosy{Mode: "exact", Rate: 7, Size: 2}, []string{"mode=exact", "size=4"},
			choosy{"exact", 7, 4},
		},
	} {
		if err := Load(&c.base, Source{Set: c.set}); err != nil || c.base != c.want {
			t.Errorf("%v: %v, %+v, want %+v", c.set, err, c.base, c.want)
		}
	}
}

func TestBadStructsPanic(t *testing.T) {
	for name, settings := range map[string]any{
		"no tag": struct{ A int }{},
		"upper case": struct {
			A int `yaml:"A"`
		}{},
		"twice": struct {
			A int `yaml:"a"`
			B int `yaml:"a"`
		}{},
		"one variable for two": struct {
			A struct {
				C int `yaml:"b_c"`
			} `yaml:"a"`
			B struct {
				C int `yaml:"c"`
			} `yaml:"a_b"`
		}{},
		"map": struct {
			A map[string]int `yaml:"a"`
		}{},
		"list of lists": struct {
			A [][]int `yaml:"a"`
		}{},
		"empty section": struct {
			A struct{} `yaml:"a"`
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

// FuzzDecode: no text makes Decode panic, and what it accepts comes back the same after Print.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{"", "seed: 3\ndata: {path: 'on', names: [a, \"\\u2028\"], cache: false}", "optim:\n  betas: [1e-9, .5]\n  clip: 1e30\n",
		"data:\n\tpath: x", "a: &a [*a]", "data: {path: |\n  a\n\n  b\n }", "data:\n  path: >-\n    x: # y\n    z\n", "data: {path: \"\\x7f\\0\"}", "--- 1\n--- 2"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := defaults()
		if err := Decode(got, "c.yaml", []byte(text)); err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
			return
		}
		again := defaults()
		if err := Decode(again, "p.yaml", []byte(printed(t, got))); err != nil {
			t.Fatalf("%v in\n%s", err, printed(t, got))
		}
		if diff := cmp.Diff(got, again, exact); diff != "" {
			t.Errorf("%s after\n%s", diff, printed(t, got))
		}
	})
}

// FuzzSet: no --set or environment value makes Load panic; a string is taken as it stands unless it
// is quoted.
func FuzzSet(f *testing.F) {
	for _, key := range []string{"seed", "data.path", "data.names", "data", "optim.betas"} {
		for _, value := range []string{"1", "", "[1]", "'x'", "#a", "a: b", "- 1", "1.5", "*a"} {
			f.Add(key, value)
		}
	}
	f.Fuzz(func(t *testing.T, key, value string) {
		_ = Load(defaults(), Source{Set: []string{key + "=" + value}})
		_ = Load(defaults(), Source{Env: []string{envName(key) + "=" + value}})
		r := defaults()
		if err := Load(r, Source{Set: []string{"data.path=" + value}}); err == nil &&
			!strings.HasPrefix(value, `"`) && !strings.HasPrefix(value, "'") &&
			r.Data.Path != value {
			t.Errorf("%q became %q", value, r.Data.Path)
		}
	})
}
