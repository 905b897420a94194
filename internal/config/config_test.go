package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type mode string

// rich has a field of every kind that settings may have.
type rich struct {
	Seed  uint64    `yaml:"seed" doc:"Every random draw comes from it."`
	Mode  mode      `yaml:"mode" doc:"fast or exact."`
	Data  richData  `yaml:"data" doc:"Images."`
	Optim richOptim `yaml:"optim" doc:"How parameters move. This text is long enough that it has to be broken into more than one line of comment."`
	note  string    // not a setting
}

type richData struct {
	Path      string     `yaml:"path" doc:"Folder."`
	ImageSize int        `yaml:"image_size" doc:"Side in pixels."`
	Small     int8       `yaml:"small"`
	Mean      [3]float32 `yaml:"mean" doc:"Of R, G, B."`
	Names     []string   `yaml:"names"`
	Cache     bool       `yaml:"cache" doc:"In memory."`
	Deep      struct {
		Limit int `yaml:"limit"`
	} `yaml:"deep"`
}

type richOptim struct {
	BaseLR float64   `yaml:"base_lr"`
	Betas  []float64 `yaml:"betas"`
	Clip   float32   `yaml:"clip"`
}

var errOdd = errors.New("cannot be odd")

func (d richData) Validate() error {
	if d.ImageSize%2 != 0 {
		return Faultf("data.image_size", "%d %w", d.ImageSize, errOdd)
	}
	return nil
}

func (r *rich) Validate() error {
	if r.Mode != "fast" && r.Mode != "exact" {
		return Faultf("mode", "%q is not fast or exact", r.Mode)
	}
	if r.Data.ImageSize > 1000 && r.Optim.Clip == 0 {
		return errors.New("large images need optim.clip")
	}
	return nil
}

func defaults() *rich {
	return &rich{Seed: 1, Mode: "fast", note: "kept",
		Data: richData{
			Path: "data", ImageSize: 32, Mean: [3]float32{0.1, 0.2, 0.3},
			Names: []string{"a", "b", "c"}, Cache: true,
		},
		Optim: richOptim{BaseLR: 1e-3, Betas: []float64{0.9, 0.95}}}
}

var exact = cmp.AllowUnexported(rich{})

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPrecedence(t *testing.T) {
	got, want := defaults(), defaults()
	shared := want.Optim.Betas
	err := Load(got, Source{
		File: file(
			t,
			"seed: 2\ndata: {image_size: 64, cache: false, names: [x], path: from file}\noptim:\n  base_lr: 1e-4\n  clip: 3\n",
		),
		Env: []string{
			"HOME=/x", "CMAE_SEED=3", "CMAE_DATA_PATH=/a=b # c", "CMAE_ONEDNN_LIB=y",
			"CMAE_DATA_DEEP_LIMIT=7", "CMAE_OPTIM_CLIP=5",
		},
		Set: []string{
			"seed=4", "data.mean=[1, 2, .5]", "optim.betas=[]", "mode=exact",
			"seed = 18446744073709551615", "data.deep.limit=8",
		}, IgnoreEnv: []string{"CMAE_ONEDNN_LIB"},
	})
	want.Seed, want.Mode = 1<<64-1, "exact"
	want.Data = richData{
		Path: "/a=b # c", ImageSize: 64, Mean: [3]float32{1, 2, 0.5}, Names: []string{"x"},
	}
	want.Data.Deep.Limit = 8
	want.Optim = richOptim{BaseLR: 1e-4, Betas: []float64{}, Clip: 5}
	if diff := cmp.Diff(want, got, exact); err != nil || diff != "" {
		t.Error(err, diff)
	}
	over := defaults()
	if err := Load(
		over, Source{File: file(t, "data: {names: null}"), Set: []string{"data.names=[y]"}},
	); err != nil || len(over.Data.Names) != 1 {
		t.Errorf("a value over null: %v, %+v", err, over)
	}
	if diff := cmp.Diff([]float64{0.9, 0.95}, shared); diff != "" {
		t.Errorf("a default's list was written into: %s", diff)
	}
}

func TestAccepted(t *testing.T) {
	for text, check := range map[string]func(*rich) bool{
		"":                             func(r *rich) bool { return r.Seed == 1 },
		"# nothing\n":                  func(r *rich) bool { return r.Seed == 1 },
		"data:\n  # all commented out": func(r *rich) bool { return r.Data.ImageSize == 32 },
		"data: {path: }":               func(r *rich) bool { return r.Data.Path == "" },
		"data: {path: on}":             func(r *rich) bool { return r.Data.Path == "on" },
		"data: {path: 007}":            func(r *rich) bool { return r.Data.Path == "007" },
		"data: {path: '~'}":            func(r *rich) bool { return r.Data.Path == "~" },
		"data: {path: 2026-01-02}":     func(r *rich) bool { return r.Data.Path == "2026-01-02" },
		"data: {path: |\n  a\n  b\n}":  nil,
		"data: {names: null}":          func(r *rich) bool { return r.Data.Names == nil },
		"data: {names: [on, 1]}":       func(r *rich) bool { return r.Data.Names[1] == "1" },
		"data: {small: -128}":          func(r *rich) bool { return r.Data.Small == -128 },
		"data: {cache: false}":         func(r *rich) bool { return !r.Data.Cache },
		"optim: {base_lr: 1}":          func(r *rich) bool { return r.Optim.BaseLR == 1 },
		"optim: {base_lr: 1e3}":        func(r *rich) bool { return r.Optim.BaseLR == 1000 },
		"optim: {base_lr: +.5}":        func(r *rich) bool { return r.Optim.BaseLR == 0.5 },
		"---\nseed: 5\n":               func(r *rich) bool { return r.Seed == 5 },
		"seed: &x 6\nmode: exact # m\n": func(r *rich) bool {
			return r.Seed == 6 && r.Mode == "exact"
		},
	} {
		r := defaults()
		if err := Decode(r, "c.yaml", []byte(text)); (err == nil) != (check != nil) || err == nil &&
			!check(r) {
			t.Errorf("%q: %v, %+v", text, err, r)
		}
	}
}

func TestRefusedFiles(t *testing.T) {
	for text, want := range map[string]string{
		"seed: 1\ndata:\n  imagesize: 3\n": "c.yaml:3: data.imagesize: unknown key; did you mean data.image_size?",
		"lr: 3":                            "c.yaml:1: lr: unknown key; did you mean optim.base_lr?",
		"zzz: 3":                           "c.yaml:1: zzz: unknown key",
		"Seed: 3":                          "c.yaml:1: Seed: unknown key; did you mean seed?",
		"data.path: x":                     "c.yaml:1: data.path: write the key below its section, indented, not with a dot",
		"<<: {seed: 1}":                    "c.yaml:1: <<: unknown key",
		"? [a]\n: 1":                       "c.yaml:1: a key must be a name",
		"seed: 1\nseed: 1":                 "c.yaml:2: seed: is set twice, first in line 1",
		"seed: 1.5":                        "c.yaml:1: seed: 1.5 is not a non-negative whole number; write plain decimal digits",
		"seed: -1":                         "c.yaml:1: seed: -1 is negative; it needs a non-negative whole number",
		"seed: 18446744073709551616":       "c.yaml:1: seed: 18446744073709551616 does not fit 64 bits",
		"seed: true":                       "c.yaml:1: seed: true is not a non-negative whole number; write plain decimal digits",
		"seed: '1'":                        `c.yaml:1: seed: "1" is a string; it needs a non-negative whole number, without quotes`,
		"seed: !!int 1":                    "c.yaml:1: seed: explicit types such as !!int are not supported",
		"seed:":                            "c.yaml:1: seed: has no value; it needs a non-negative whole number",
		"seed: [1]":                        "c.yaml:1: seed: needs a non-negative whole number, not a list or section",
		"data: {image_size: 32.0}":         "c.yaml:1: data.image_size: 32.0 is not a whole number; write plain decimal digits",
		"data: {image_size: 032}":          "c.yaml:1: data.image_size: 032 is octal to some readers of YAML; write it without the leading zero",
		"data: {image_size: 1_000}":        "c.yaml:1: data.image_size: 1_000 is not a whole number; write plain decimal digits",
		"data: {image_size: 1:30}":         "c.yaml:1: data.image_size: 1:30 is not a whole number; write plain decimal digits",
		"data: {image_size: 9223372036854775808}": "c.yaml:1: data.image_size: 9223372036854775808 does not fit 64 bits",
		"data: {small: 128}":                      "c.yaml:1: data.small: 128 does not fit 8 bits",
		"data: {cache: yes}":                      "c.yaml:1: data.cache: yes is not a bool; write true or false",
		"data: {cache: 1}":                        "c.yaml:1: data.cache: 1 is not a bool; write true or false",
		"data: {mean: [1, 2]}":                    "c.yaml:1: data.mean: has 2 values, needs 3",
		"data: {mean: 1}":                         "c.yaml:1: data.mean: needs a list of 3 numbers, such as [a, b]",
		"data: {mean: [1, x, 2]}":                 "c.yaml:1: data.mean: value 2: x is not a number",
		"data: {names: [a, ~]}":                   "c.yaml:1: data.names: value 2 is empty",
		"data: 3":                                 "c.yaml:1: data: is not a section of keys, such as data.path: VALUE",
		"data: {deep: []}":                        "c.yaml:1: data.deep: is not a section of keys, such as data.deep.limit: VALUE",
		"- 1":                                     "c.yaml:1: is not a section of keys, such as seed: VALUE",
		"optim: {base_lr: .inf}":                  "c.yaml:1: optim.base_lr: .inf is not finite",
		"optim: {base_lr: -.Inf}":                 "c.yaml:1: optim.base_lr: -.Inf is not finite",
		"optim: {base_lr: .nan}":                  "c.yaml:1: optim.base_lr: .nan is not finite",
		"optim: {base_lr: nan}":                   "c.yaml:1: optim.base_lr: nan is not finite",
		"optim: {base_lr: 1e999}":                 "c.yaml:1: optim.base_lr: 1e999 does not fit 64 bits",
		"optim: {clip: 1e39}":                     "c.yaml:1: optim.clip: 1e39 does not fit 32 bits",
		"optim: {base_lr: 0x1p-2}":                "c.yaml:1: optim.base_lr: 0x1p-2 is not a number",
		"data: {cache: null}":                     "c.yaml:1: data.cache: has no value; it needs a bool",
		"data: {path: &p x, names: [*p]}":         "c.yaml:1: data.names: value 1: aliases are not supported; repeat the value",
		"seed: 1\n---\nseed: 2":                   "c.yaml:2: a second document begins; settings are one document",
		"seed: 1\n--- !!x [":                      "c.yaml:2: did not find",
		"data:\n\tpath: x":                        "c.yaml:2: indent with spaces, not tabs",
		"seed: [":                                 "c.yaml:1: did not find",
		"\ufeffseed: 1":                           "c.yaml:1: begins with a byte order mark; save it as UTF-8 without one",
		"\xff\xfes":                               "c.yaml: is not UTF-8 text",
		strings.Repeat("#", maxFile+1):            "c.yaml: is larger than 1048576 bytes: not a settings file",
		"mode: slow":                              `c.yaml:1: mode: "slow" is not fast or exact`,
		"seed: 2\ndata:\n\n  image_size: 33":      "c.yaml:4: data.image_size: 33 cannot be odd",
		"data: {image_size: 2000}":                "large images need optim.clip",
		strings.Repeat("[", 20000):                "c.yaml",
		"a: &a [x]\nb: &b [*a,*a]\nc: [*b,*b]":    "c.yaml:1: a: unknown key",
	} {
		r := defaults()
		err := Decode(r, "c.yaml", []byte(text))
		var e *Error
		if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), want) ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%.60q:\ngot  %v\nwant %v", text, err, want)
		}
		if diff := cmp.Diff(defaults(), r, exact); diff != "" {
			t.Errorf("%.60q: refused, yet changed: %s", text, diff)
		}
	}
	if err := Decode(defaults(), "", []byte("data: {image_size: 33}")); !errors.Is(err, errOdd) {
		t.Errorf("%v hides its cause", err)
	}
}

func TestRefusedOverrides(t *testing.T) {
	for text, want := range map[string]string{
		"data..path=1":         "--set: data..path: unknown key; did you mean data.path?",
		"data.imagesize=1":     "--set: data.imagesize: unknown key; did you mean data.image_size?",
		"=1":                   `--set: =1 names no key; write section.key=value`,
		"":                     `--set: "" names no key; write section.key=value`,
		"seed":                 "--set: seed: has no value; write seed=VALUE",
		"data":                 "--set: data: is a section; set one of its keys, such as data.path",
		"data=1":               "--set: data: is a section; set one of its keys, such as data.path",
		"data.deep={limit: 1}": "--set: data.deep: is a section; set one of its keys, such as data.deep.limit",
		"seed=":                "--set: seed: has no value; it needs a non-negative whole number",
		"seed=null":            "--set: seed: has no value; it needs a non-negative whole number",
		"seed=1.5":             "--set: seed: 1.5 is not a non-negative whole number; write plain decimal digits",
		"seed=[1]":             "--set: seed: needs a non-negative whole number, not a list or section",
		"seed=[":               "--set: seed: the value is not one YAML value: [",
		"seed=1\n---\n2":       `--set: seed: the value is not one YAML value: "1\n---\n2"`,
		"data.names=a":         "--set: data.names: needs a list of strings, such as [a, b]",
		"data.path='a":         "--set: data.path: the value is not one YAML value: 'a",
		"data.image_size=5":    "--set: data.image_size: 5 cannot be odd",
	} {
		if err := Load(defaults(), Source{Set: []string{text}}); err == nil || err.Error() != want {
			t.Errorf("%q:\ngot  %v\nwant %v", text, err, want)
		}
	}
	for text, want := range map[string]string{
		"CMAE_DATA_IMAGESIZE=2":  "CMAE_DATA_IMAGESIZE: unknown setting; did you mean CMAE_DATA_IMAGE_SIZE?",
		"CMAE_QUITE_ANOTHER=2":   "CMAE_QUITE_ANOTHER: unknown setting",
		"CMAE_DATA=2":            "CMAE_DATA: unknown setting",
		"CMAE_SEED=x":            "CMAE_SEED: seed: x is not a non-negative whole number; write plain decimal digits",
		"CMAE_SEED=":             "CMAE_SEED: seed: has no value; it needs a non-negative whole number",
		"CMAE_DATA_IMAGE_SIZE=5": "CMAE_DATA_IMAGE_SIZE: data.image_size: 5 cannot be odd",
	} {
		if err := Load(defaults(), Source{Env: []string{text}}); err == nil ||
			!strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q:\ngot  %v\nwant %v", text, err, want)
		}
	}
	dir := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(dir, "none.yaml"): "no such file", dir: "not a regular file",
	} {
		var e *Error
		if err := Load(defaults(), Source{File: path}); !errors.As(err, &e) ||
			!strings.Contains(err.Error(), want) || strings.Count(err.Error(), dir) != 1 {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// shade is a list that can be written as text.
type shade [2]int

func (s *shade) UnmarshalText(text []byte) error {
	if _, err := fmt.Sscanf(string(text), "#%1x%1x", &s[0], &s[1]); err != nil {
		return fmt.Errorf("%q is not like \"#0f\"", text)
	}
	return nil
}

// TestText: a value of a type with a text of its own is read from that, and from what it is made
// of. A # begins no comment in --set.
func TestText(t *testing.T) {
	type settings struct {
		Shade shade `yaml:"shade"`
	}
	for _, c := range []struct{ file, set, want string }{
		{"", "shade=#a1", "{[10 1]}"},
		{"", "shade='#a1'", "{[10 1]}"},
		{"", "shade= [3, 4]", "{[3 4]}"},
		{"shade: '#b2'", "", "{[11 2]}"},
		{"shade: [5, 6]", "", "{[5 6]}"},
		{"", "shade=a1", `--set: shade: "a1" is not like "#0f"`},
		{"", "shade=[1]", "--set: shade: has 1 values, needs 2"},
		{
			"shade: #b2", "",
			"c.yaml:1: shade: has no value; it needs a list of 2 whole numbers or a text in quotes",
		},
	} {
		var s settings
		var err error
		if c.set != "" {
			err = Load(&s, Source{Set: []string{c.set}})
		} else {
			err = Decode(&s, "c.yaml", []byte(c.file))
		}
		got := fmt.Sprint(s)
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func printed(t *testing.T, r *rich) string {
	t.Helper()
	var b bytes.Buffer
	if err := Print(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
