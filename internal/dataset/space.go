package dataset

// Sets of fewer files are packed without asking for room: they are decoded in seconds. Of larger
// ones so many images, evenly spread, tell how much they all take.
const (
	fewFiles  = 512
	numLooked = 32
)

// bytesNeeded estimates what the pixels of a split of files take in a pack, 0 where it is not
// asked. Files that cannot be decoded count as the others.
func (s *source) bytesNeeded() int64 {
	if s.decoder == nil || len(s.entries) < fewFiles {
		return 0
	}
	defer s.decoder.close()
	total, read := int64(0), int64(0)
	for i := range numLooked {
		one := s.decode(s.entries[i*len(s.entries)/numLooked], nil)
		if one.bad == nil {
			total, read = total+int64(len(one.img.Pix)), read+1
		}
	}
	if read == 0 {
		return 0
	}
	return total / read * int64(len(s.entries))
}
