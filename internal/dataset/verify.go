package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
)

// Verify decodes every file of both splits, whatever the limit and the cache, and reports counts, every bad file with its reason, and
// images that both splits have, pixel for pixel. Bad files are no error here: the report lists them.
func Verify(ctx context.Context, c Config, progress func(done, total int)) (Report, error) {
	if err := c.Validate(); err != nil {
		return Report{}, err
	}
	in, err := c.read()
	if err != nil {
		return Report{}, err
	}
	report := Report{Format: in.format, Path: c.Path}
	done, total := 0, len(in.train.entries)+len(in.test.entries)
	seen := map[pixelHash]string{} // of train
	for _, s := range []*source{in.train, in.test} {
		s.limit = 0
		split, numBad := newSplitReport(s), len(report.Bad)
		err := s.scan(ctx, c.workers(), func(one sample) error {
			if done++; progress != nil {
				progress(done, total)
			}
			if one.bad != nil {
				report.Bad = append(report.Bad, badFile(one))
				return nil
			}
			split.add(s.classes[one.label], one.img.Width, one.img.Height, one.box != Box{})
			hash := hashPixels(one.img)
			if s == in.train {
				seen[hash] = one.name
			} else if twin, found := seen[hash]; found {
				report.Duplicates = append(report.Duplicates, Duplicate{Train: twin, Test: one.name})
			}
			return nil
		})
		if err != nil {
			return Report{}, err
		}
		split.finish(len(report.Bad) - numBad)
		report.Splits = append(report.Splits, split)
	}
	return report, nil
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
