package dataset

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// Labelled is the data for whoever learns from labels: without the training images that have none
// among others that do.
func (d *Data) Labelled() *Data {
	if len(d.Train.Classes()) == 0 || !slices.Contains(d.Train.index.Labels, -1) {
		return d
	}
	known := *d
	known.Train = d.Train.labelled()
	return &known
}

// labelled is the part of a set that has labels, with its pixels where they are.
func (s *Set) labelled() *Set {
	all := s.index
	part := &Set{pixels: s.pixels, titles: s.titles, index: all}
	ix := &part.index
	ix.Names, ix.Labels, ix.Widths, ix.Heights, ix.Boxes = nil, nil, nil, nil, nil
	for i, label := range all.Labels {
		if label < 0 {
			continue
		}
		ix.Names, ix.Labels = append(ix.Names, all.Names[i]), append(ix.Labels, label)
		ix.Widths, ix.Heights = append(ix.Widths, all.Widths[i]), append(ix.Heights, all.Heights[i])
		if len(all.Boxes) > 0 {
			ix.Boxes = append(ix.Boxes, all.Boxes[i])
		}
		part.offsets = append(part.offsets, s.offsets[i])
	}
	sum := sha256.Sum256([]byte("labelled " + all.Digest))
	ix.Digest = hex.EncodeToString(sum[:])
	return part
}
