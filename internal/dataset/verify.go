package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"cmae/internal/config"
	"cmae/internal/dataset/eightbit"
)

// Verify decodes every file of all splits, whatever the limit and the cache, and reports counts,
// every bad file with its reason, images that both splits have, and images of one split in two
// classes, both pixel for pixel. Bad files are no error here: the report lists them.
func Verify(ctx context.Context, c Config, progress func(done, total int)) (Report, error) {
	return verify(ctx, c, nil, progress)
}

func verify(
	ctx context.Context, c Config, listed func(files int), progress func(done, total int),
) (Report, error) {
	if err := config.Check("data", c); err != nil {
		return Report{}, err
	}
	in, err := c.read(listed)
	if err != nil {
		return Report{}, err
	}
	report := Report{Format: in.format, Path: c.Path, Notes: in.notes}
	if in.noTest != nil {
		report.Warnings = append(report.Warnings, fmt.Sprintf("no evaluation: %v", in.noTest))
	}
	done, total := 0, 0
	for _, s := range in.splits() {
		total += len(s.entries)
		report.Warnings = append(report.Warnings, s.warnings...)
	}
	seen := map[pixelHash]seenImage{}
	for _, s := range in.splits() {
		s.limit = 0
		split, numBad := newSplitReport(s), len(report.Bad)
		split.LeftOut = in.folder.lookInto(s.leftOut)
		var found eightbit.Tallies
		err := s.scan(ctx, c.workers(), (*sample).digest, func(one sample) error {
			if done++; progress != nil {
				progress(done, total)
			}
			split.countBands(one)
			if one.bad != nil {
				report.Bad = append(report.Bad, badFile(one))
				return nil
			}
			found.Add(one.traits, one.name)
			split.add(s, one.label, one.img.Width, one.img.Height, one.box != Box{})
			this := seenImage{one.name, s.name, one.label}
			if twin, found := seen[one.hash]; !found {
				seen[one.hash] = this
			} else {
				report.addTwins(twin, this)
			}
			return nil
		})
		if err != nil {
			return Report{}, err
		}
		split.finish(len(report.Bad) - numBad)
		split.Traits = found
		report.close(s, split, report.Bad[numBad:])
	}
	return report, nil
}

// close adds a split whose files have been looked at, of which some are bad.
func (r *Report) close(s *source, split SplitReport, bad []BadFile) {
	var chosen *eightbit.Levels
	if split.Traits[eightbit.Deep].Files > 0 {
		chosen = s.decoder.Stretch.Chosen()
	}
	r.describe(s.name, split.Traits, chosen)
	if len(s.leftOut) > 0 {
		r.Notes = append(r.Notes, s.name+": "+countLeftOut(s.leftOut))
	}
	if len(bad) > 0 {
		r.Notes = append(r.Notes, s.name+": "+countBad(bad))
	}
	r.Splits = append(r.Splits, split)
}

// seenImage is where an image was first seen.
type seenImage struct {
	name, split string
	label       int
}

func (r *Report) addTwins(a, b seenImage) {
	twins := Twins{First: a.name, Second: b.name}
	if a.split != b.split {
		r.Duplicates = append(r.Duplicates, twins)
	} else if a.label != b.label && a.label >= 0 && b.label >= 0 {
		r.Conflicts = append(r.Conflicts, twins)
	}
}

// digest keeps of the pixels their hash alone.
func (s *sample) digest() {
	s.hash = hashPixels(s.img)
	s.img.Pix = nil
}

// pixelHash tells images apart: half a SHA-256 of size and pixels.
type pixelHash [16]byte

func hashPixels(img Image) pixelHash {
	hash := sha256.New()
	var size [16]byte
	binary.LittleEndian.PutUint64(size[:8], uint64(img.Width))
	binary.LittleEndian.PutUint64(size[8:], uint64(img.Height))
	hash.Write(size[:])
	hash.Write(img.Pix)
	return pixelHash(hash.Sum(nil)[:16])
}
