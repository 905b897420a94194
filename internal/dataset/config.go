package dataset

import (
	"encoding/hex"
	"fmt"
	"math"
	"strings"

	"cmae/internal/config"
	"cmae/internal/dataset/augment"
	"cmae/internal/dataset/eightbit"
)

// Format names a layout on disk.
type Format string

// The formats. Auto looks at the folder; without a folder it is the embedded set.
const (
	Auto             Format = "auto"
	FashionMNISTMini Format = "fashion-mnist-mini"
	Clutter          Format = "clutter"
	Surfaces         Format = "surfaces"
	TinyImageNet     Format = "tiny-imagenet"
	ImageFolder      Format = "folder"
	ClassFolders     Format = "classes"
	ImageFiles       Format = "images"
	LabelList        Format = "labels"
	CIFAR10          Format = "cifar10"
	CIFAR100         Format = "cifar100"
	IDX              Format = "idx"
)

// OnError says what to do with a file that cannot be decoded.
type OnError string

// Fail stops at the first bad file. Skip leaves bad files out, lists them, and stops when there are
// more than the budget. Replace is Skip that has another training image of the class in the place
// of a bad one, so that the number of images and of each class stay.
const (
	Fail    OnError = "fail"
	Skip    OnError = "skip"
	Replace OnError = "replace"
)

// Config is the `data` section.
type Config struct {
	Format          Format          `yaml:"format" choices:"auto,fashion-mnist-mini,clutter,surfaces,tiny-imagenet,folder,classes,images,labels,cifar10,cifar100,idx" doc:"auto (looks at path) | fashion-mnist-mini (embedded) | clutter (drawn: its garments among distractors on textured grounds, 64 px, with true boxes) | surfaces (drawn: ten kinds of surface, 32 px) | tiny-imagenet | folder (train/CLASS/FILE at any depth, and val, valid, validation, dev or test where there is one) | classes (CLASS/FILE at any depth; data.holdout evaluates) | images (every image below path, at any depth, without labels) | labels (images with labels.csv beside them or in the folders of the splits) | cifar10 | cifar100 | idx"`
	Path            string          `yaml:"path" path:"working" doc:"folder of the data; empty for the embedded set"`
	Labels          string          `yaml:"labels" path:"home" doc:"list of labels, from the data folder on: a header with path, label and perhaps split, then a line an image, which names it from the list's folder on; empty = labels.csv where there is one"`
	Links           Links           `yaml:"links" choices:"inside,folders,all" doc:"inside | folders | all: which symbolic links are followed besides those that stay in the data folder: none, those to folders, or those to files as well"`
	Limit           int             `yaml:"limit" min:"0" max:"2147483647" doc:"at most this many images of each split, class-balanced, chosen by the seed; 0 = all"`
	PerClass        int             `yaml:"per_class" min:"0" max:"2147483647" doc:"at most this many training images of each class, chosen by the seed, to see what few labels give; 0 = all"`
	Holdout         int             `yaml:"holdout" min:"0" max:"2147483647" doc:"training images, class-balanced and the same for every seed, that are kept from training and evaluated on in place of the test images, for choosing settings; 0 = none"`
	ImageSize       int             `yaml:"image_size" min:"0" max:"8192" doc:"side in pixels that the model sees; 0 = the data's own"`
	Fit             augment.Fitting `yaml:"fit" choices:"crop,squash,pad" doc:"crop | squash | pad: what evaluations see of an image that is not square: its central square, all of it with its sides made equal, or all of it in its shape amid data.background"`
	CropPct         float64         `yaml:"crop_pct" min:"0.5" max:"1" doc:"of fit: crop, share of the shorter side that evaluations see, as timm's crop_pct: .875 resizes the shorter side to 256 for an image_size of 224, as MAE does"`
	StoreSide       int             `yaml:"store_side" min:"0" max:"16384" doc:"shorter side in pixels to which larger images are reduced before they are cached; 0 = twice image_size, and for pretraining as many that the smallest crops are not enlarged, up to 2048"`
	Channels        int             `yaml:"channels" min:"1" max:"16" doc:"channels of an image, such as the bands of a satellite: 3 makes every file red, green and blue; another number takes files with as many (TIFF samples, or pages of one sample; .npy; gray files with 1), other files being bad ones (data.on_error)"`
	Show            []int           `yaml:"show" min:"0" max:"15" doc:"three channels, from 0, that pictures show as red, green and blue, or one that they show as gray; empty = the first three, or the first of one or two"`
	Background      Colour          `yaml:"background" doc:"colour behind transparent pixels, as \"#rrggbb\" or [r, g, b]"`
	Range           eightbit.Range  `yaml:"range" doc:"what becomes black and white in images of more than 8 bits: auto (percentiles of the training images, unless they fill a fourth of what their type holds) | full (what the type holds) | two numbers, such as 0,4095"`
	Alpha           eightbit.Alpha  `yaml:"alpha" choices:"blend,drop,band" doc:"blend | drop | band: whether a band that is called transparency shows data.background (its mean, where data.channels is not 3), is left out as another kind of band would be, or is one of data.channels, which then is not 3"`
	ExifOrientation bool            `yaml:"exif_orientation" doc:"turn photos the right way up, as their orientation tag says"`
	OnError         OnError         `yaml:"on_error" choices:"fail,skip,replace" doc:"fail | skip | replace: what to do with a file that cannot be decoded: end, leave it out, or take another image of its class (of the split, without labels) in its place, chosen by seed and file; images that are not trained on are left out with replace, too"`
	BadBudget       float64         `yaml:"bad_budget" min:"0" max:"1" doc:"share of a split's files that on_error: skip may leave out, and replace replace"`
	MaxPixels       int             `yaml:"max_pixels" min:"1" max:"1073741824" doc:"largest image accepted, width times height"`
	CacheDir        string          `yaml:"cache_dir" path:"working" doc:"folder of the decoded images; empty = the user's cache folder"`
	Workers         int             `yaml:"workers" min:"0" max:"4096" doc:"images decoded at a time; 0 = one a processor"`

	// what auto of Range found in the training images of an encoder, for images that OpenImages and
	// OpenFiles read for it; nil looks at those that Path names
	Levels *eightbit.Levels `yaml:"-"`
}

// Default is the embedded set.
func Default() Config {
	return Config{
		Format:          Auto,
		Links:           LinksFolders,
		Fit:             augment.FitCrop,
		CropPct:         1,
		Channels:        3,
		Show:            []int{},
		Background:      Colour{255, 255, 255},
		Range:           eightbit.AutoRange,
		Alpha:           eightbit.BlendAlpha,
		ExifOrientation: true,
		OnError:         Fail,
		BadBudget:       .001,
		MaxPixels:       64_000_000,
	}
}

// Validate checks what involves several settings, without touching the disk.
func (c Config) Validate() error {
	switch {
	case c.Format.embedded() && c.Path != "":
		return config.Faultf(
			"data.path",
			"%q given, but %q is embedded: leave the path empty, or set data.format to %q",
			c.Path, c.Format, Auto,
		)
	case !c.Format.embedded() && c.Format != Auto && c.Path == "":
		return config.Faultf(
			"data.path", "empty, but data.format %q needs the folder of the data", c.Format,
		)
	}
	if c.Labels != "" && c.Format != LabelList && c.Format != Auto {
		return config.Faultf(
			"data.labels", "%q given, but data.format %q has labels of its own: set it to %q",
			c.Labels, c.Format, LabelList,
		)
	}
	if c.Labels != "" && c.Path == "" {
		return config.Faultf("data.labels", "%q given, but data.path is empty", c.Labels)
	}
	if c.Fit != augment.FitCrop && c.CropPct != 1 {
		return config.Faultf(
			"data.crop_pct", "%v cuts, and data.fit %q shows all of an image: set it to 1", c.CropPct,
			c.Fit,
		)
	}
	if c.StoreSide > 0 && c.StoreSide < c.ImageSize {
		return config.Faultf(
			"data.store_side", "%d is below data.image_size %d: the images would be enlarged again",
			c.StoreSide, c.ImageSize,
		)
	}
	if seen := float64(c.ImageSize) / c.CropPct; c.StoreSide > 0 && c.StoreSide < int(seen) {
		return config.Faultf(
			"data.store_side", "%d is below data.image_size over data.crop_pct, %d: evaluations "+
				"would enlarge the images again", c.StoreSide, int(seen),
		)
	}
	if err := c.validateChannels(); err != nil {
		return err
	}
	return c.Range.Validate()
}

// mostStored bounds the side that ForCrops chooses: larger tiles take 12 MB each.
const mostStored = 2048

// ForCrops is c with images stored so large that a crop of a share of their area is not enlarged,
// where nobody says how large. Twice the image size, with which a crop of a fourth is not, stays
// down to a fifth.
func (c Config) ForCrops(smallest float64) Config {
	if c.StoreSide == 0 && c.ImageSize > 0 && smallest < .2 {
		c.StoreSide = max(
			2*c.ImageSize, min(int(math.Ceil(float64(c.ImageSize)/math.Sqrt(smallest))), mostStored),
		)
	}
	return c
}

// limit is the shorter side to which images are reduced, 0 for none.
func (c Config) limit() int {
	if c.StoreSide > 0 {
		return c.StoreSide
	}
	return 2 * c.ImageSize
}

// Enlarged gives the shorter side of crops of a share of the area of stored images, where they are
// enlarged by more than an eighth.
func (c Config) Enlarged(smallest float64) (side int, is bool) {
	side = int(math.Sqrt(smallest) * float64(c.limit()))
	return side, c.ImageSize > 0 && side*8 < c.ImageSize*7
}

// Whole is how evaluations see an image.
func (c Config) Whole() augment.Fit {
	return augment.Fit{How: c.Fit, Share: c.CropPct, Background: c.Background}
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
