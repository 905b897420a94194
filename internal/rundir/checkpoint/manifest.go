package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"cmae/internal/fault"
)

// Manifest says where a run stands, and what the checkpoint's files must be. Save fills Schema, Go
// and Files.
type Manifest struct {
	Schema int `json:"schema"`
	Step   int `json:"step"` // optimizer steps done
	// the epoch that the next step belongs to, from 0
	Epoch    int                `json:"epoch"`
	Position int                `json:"position"` // steps of that epoch already done
	Metrics  map[string]float64 `json:"metrics"`  // finite numbers (LossMetric and the others)
	// what the outputs of a classifier are called, in order
	Classes []string `json:"classes,omitempty"`
	// of the images that the model saw, in pixels
	Side int `json:"side,omitempty"`
	// digest of the images that the run saw, by split
	Data map[string]string `json:"data,omitempty"`
	// digest of the encoder that the run began with, or RandomWeights
	From string `json:"from,omitempty"`
	// the run ended early here, where its settings ask for no checkpoint
	Unplanned bool `json:"unplanned,omitempty"`
	// that the run has made so far, and goes on by
	Rollbacks []Rollback `json:"rollbacks,omitempty"`
	// what the step after this state came to, in a bundle only
	Divergence *Divergence `json:"divergence,omitempty"`
	Tool       string      `json:"tool"` // name and version of the program
	Go         string      `json:"go"`
	Files      []FileEntry `json:"files"`
}

// Rollback is a return of the run to a checkpoint, since a step was not finite.
type Rollback struct {
	Step     int     `json:"step"`     // that was not, from 1
	Epoch    int     `json:"epoch"`    // of its batch, from 0
	Position int     `json:"position"` // of its batch in the epoch, from 0
	Term     string  `json:"term"`     // that was not
	To       int     `json:"to"`       // step of the checkpoint
	Skip     int     `json:"skip"`     // batches left out from then on
	Scale    float64 `json:"scale"`    // of every learning rate from then on
}

// RandomWeights is what a run began with that was given none.
const RandomWeights = "random weights"

// The splits that Data has digests of: the run's images, and labelled ones that it is evaluated on
// in their place.
const (
	TrainSplit    = "train"
	TestSplit     = "test"
	LabelledTrain = "labelled train"
	LabelledTest  = "labelled test"
)

// TrainedOn says whether the run learns from the images of this digest, at side pixels. It is false
// for a checkpoint from before there were digests.
func (m Manifest) TrainedOn(digest string, side int) bool {
	return m.Side == side && m.Data[TrainSplit] == digest
}

// FileEntry is what a file of the checkpoint was when it was written.
type FileEntry struct {
	Name    string            `json:"name"`
	Size    int64             `json:"size"`
	SHA256  string            `json:"sha256"`
	Tensors map[string]string `json:"tensors,omitempty"` // name to CRC-32C of its data, hexadecimal
}

const (
	schema       = 1
	tensorSuffix = ".safetensors"
	maxManifest  = 64 << 20
)

// A manifest ends in a digest of everything before it, so that no byte of it can change unseen:
//
//	{ ..., "sha256": "<64 digits>"\n}\n
const (
	digestHead = ",\n  \"sha256\": \""
	digestTail = "\"\n}\n"
	digestSize = len(digestHead) + 2*sha256.Size + len(digestTail)
)

func (m Manifest) encode() ([]byte, error) {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil { // a metric that is not a finite number
		return nil, fmt.Errorf("checkpoint: encode manifest of step %d: %w", m.Step, err)
	}
	return sealed(bytes.TrimSuffix(text, []byte("\n}"))), nil
}

// sealed appends its digest to a manifest that lacks its closing brace.
func sealed(body []byte) []byte {
	sum := sha256.Sum256(body)
	return append(body[:len(body):len(body)], digestHead+hex.EncodeToString(sum[:])+digestTail...)
}

// ReadManifest reads and checks the manifest of the checkpoint in dir; it does not look at the
// other files.
func ReadManifest(dir string) (Manifest, error) {
	if info, err := os.Lstat(dir); err == nil && info.Mode().IsRegular() {
		dir = followed(dir)
	}
	path := filepath.Join(dir, ManifestFile)
	text, err := readSmall(path, maxManifest)
	if err != nil {
		return Manifest{}, err
	}
	cut := max(0, len(text)-digestSize)
	if !bytes.Equal(text, sealed(text[:cut])) {
		return Manifest{}, fmt.Errorf(
			"checkpoint: read %q: %w: it does not match its own digest", path, fault.Corrupt,
		)
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return Manifest{}, fmt.Errorf("checkpoint: read %q: %w: %w", path, fault.Corrupt, err)
	}
	if m.Schema != schema {
		return Manifest{}, fmt.Errorf(
			"checkpoint: read %q: %w: it has schema %d, this program reads %d", path,
			fault.Mismatch, m.Schema, schema,
		)
	}
	for _, f := range m.Files {
		if !filepath.IsLocal(f.Name) || strings.ContainsAny(f.Name, `/\`) {
			return Manifest{}, fmt.Errorf(
				"checkpoint: read %q: %w: %q is not a file name", path, fault.Corrupt, f.Name,
			)
		}
	}
	return m, nil
}

// gone says that nothing is at a path: also where a file stands in a folder's place on the way,
// or links lead in a circle.
func gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) ||
		errors.Is(err, syscall.ELOOP)
}

// readSmall reads a file of at most limit bytes. One that is missing, or no regular file, is a
// checkpoint's corruption.
func readSmall(path string, limit int64) ([]byte, error) {
	stat, err := os.Stat(path)
	switch {
	case gone(err):
		return nil, fmt.Errorf("checkpoint: read %q: %w: the file is missing", path, fault.Corrupt)
	case err != nil:
		return nil, fmt.Errorf("checkpoint: read: %w", err)
	case !stat.Mode().IsRegular() || stat.Size() > limit:
		return nil, fmt.Errorf(
			"checkpoint: read %q: %w: not a regular file of at most %d bytes", path, fault.Corrupt,
			limit,
		)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: read: %w", err)
	}
	return text, nil
}
