package dataset

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Format names a layout on disk.
type Format string

// The formats. Auto looks at the folder; without a folder it is the embedded set.
const (
	Auto             Format = "auto"
	FashionMNISTMini Format = "fashion-mnist-mini"
	TinyImageNet     Format = "tiny-imagenet"
	ImageFolder      Format = "folder"
	ImageFiles       Format = "images"
	CIFAR10          Format = "cifar10"
	CIFAR100         Format = "cifar100"
	IDX              Format = "idx"
)

var formats = []Format{
	Auto, FashionMNISTMini, TinyImageNet, ImageFolder, ImageFiles, CIFAR10, CIFAR100, IDX,
}

// OnError says what to do with a file that cannot be decoded.
type OnError string

// Fail stops at the first bad file. Skip leaves bad files out, lists them, and stops when there are
// more than the budget.
const (
	Fail OnError = "fail"
	Skip OnError = "skip"
)

// Alpha says what to do with a fourth band that is called transparency.
type Alpha string

// BlendAlpha puts the image over the background, DropAlpha takes the colours as they are stored.
const (
	BlendAlpha Alpha = "blend"
	DropAlpha  Alpha = "drop"
)

// Config is the `data` section.
type Config struct {
	Format          Format  `yaml:"format" doc:"auto (looks at path) | fashion-mnist-mini (embedded) | tiny-imagenet | folder (train/CLASS/FILE, and val or test where there is one) | images (every image below path, at any depth, without labels) | cifar10 | cifar100 | idx"`
	Path            string  `yaml:"path" doc:"folder of the data; empty for the embedded set"`
	Limit           int     `yaml:"limit" doc:"at most this many images of each split, class-balanced, chosen by the seed; 0 = all"`
	Holdout         int     `yaml:"holdout" doc:"training images, class-balanced and the same for every seed, that are kept from training and judged on in place of the test images, for choosing settings; 0 = none"`
	ImageSize       int     `yaml:"image_size" doc:"side in pixels that the model sees; 0 = the data's own"`
	Background      Colour  `yaml:"background" doc:"colour behind transparent pixels, as \"#rrggbb\" or [r, g, b]"`
	Range           Range   `yaml:"range" doc:"what becomes black and white in images of more than 8 bits: auto (percentiles of the training images, unless they fill a fourth of what their type holds) | full (what the type holds) | two numbers, such as 0,4095"`
	Alpha           Alpha   `yaml:"alpha" doc:"blend | drop: whether a fourth band that is called transparency shows data.background, or is left out as another kind of band would be"`
	ExifOrientation bool    `yaml:"exif_orientation" doc:"turn photos the right way up, as their orientation tag says"`
	OnError         OnError `yaml:"on_error" doc:"fail | skip: what to do with a file that cannot be decoded"`
	BadBudget       float64 `yaml:"bad_budget" doc:"share of a split's files that on_error: skip may leave out"`
	MaxPixels       int     `yaml:"max_pixels" doc:"largest image accepted, width times height"`
	CacheDir        string  `yaml:"cache_dir" doc:"folder of the decoded images; empty = the user's cache folder"`
	Workers         int     `yaml:"workers" doc:"images decoded at a time; 0 = one a processor"`
}

// Default is the embedded set.
func Default() Config {
	return Config{
		Format:          Auto,
		Background:      Colour{255, 255, 255},
		Range:           AutoRange,
		Alpha:           BlendAlpha,
		ExifOrientation: true,
		OnError:         Fail,
		BadBudget:       .001,
		MaxPixels:       64_000_000,
	}
}

// Validate checks what can be checked without touching the disk. Its errors name the key.
func (c Config) Validate() error {
	if !slices.Contains(formats, c.Format) {
		return fmt.Errorf("data.format: %q is not one of %s", c.Format, list(formats))
	}
	if c.OnError != Fail && c.OnError != Skip {
		return fmt.Errorf("data.on_error: %q is not one of %q, %q", c.OnError, Fail, Skip)
	}
	if c.Alpha != BlendAlpha && c.Alpha != DropAlpha {
		return fmt.Errorf("data.alpha: %q is not one of %q, %q", c.Alpha, BlendAlpha, DropAlpha)
	}
	switch c.Format {
	case FashionMNISTMini:
		if c.Path != "" {
			return fmt.Errorf(
				"data.path: %q given, but %q is embedded: leave the path empty, or set data.format to %q",
				c.Path, c.Format, Auto,
			)
		}
	case Auto:
	default:
		if c.Path == "" {
			return fmt.Errorf(
				"data.path: empty, but data.format %q needs the folder of the data", c.Format,
			)
		}
	}
	return errors.Join(
		c.Range.validate(),
		within("data.limit", c.Limit, 0, math.MaxInt32),
		within("data.holdout", c.Holdout, 0, math.MaxInt32),
		within("data.image_size", c.ImageSize, 0, 8192),
		within("data.bad_budget", c.BadBudget, 0, 1),
		within("data.max_pixels", c.MaxPixels, 1, 1<<30),
		within("data.workers", c.Workers, 0, 4096),
	)
}

// within refuses NaN as well: it is on no side of a bound.
func within[T int | float64](key string, v, low, high T) error {
	if v >= low && v <= high {
		return nil
	}
	return fmt.Errorf("%s: %v must lie between %v and %v", key, v, low, high)
}

func list(formats []Format) string {
	quoted := make([]string, len(formats))
	for i, f := range formats {
		quoted[i] = string(f)
	}
	return strings.Join(quoted, ", ")
}

// Colour is 8-bit R, G, B; as text "#rrggbb".
type Colour [3]uint8

// UnmarshalText reads "#rrggbb".
func (c *Colour) UnmarshalText(text []byte) error {
	digits, found := strings.CutPrefix(string(text), "#")
	value, err := hex.DecodeString(digits)
	if !found || err != nil || len(value) != 3 {
		return fmt.Errorf("colour %q is not like %q", text, "#ffffff")
	}
	*c = Colour(value)
	return nil
}

// MarshalText is the inverse of UnmarshalText.
func (c Colour) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "#%02x%02x%02x", c[0], c[1], c[2]), nil
}
