package dataset

import (
	"errors"

	"cmae/internal/dataset/eightbit"
)

// mostTried is how many files are read to find one that tells its channels.
const mostTried = 8

// Takes says whether the images of c, or those of paths where some are given, have data.channels
// channels, by the first of them that can be read.
func (c Config) Takes(paths ...string) bool {
	c.Range = eightbit.FullRange // what is black and white does not matter
	var s *source
	if len(paths) > 0 {
		images, err := OpenFiles(c, nil, paths...)
		if err != nil {
			return false // which whoever opens them will tell
		}
		s = images.source
	} else {
		in, err := c.read(nil)
		if err != nil {
			return false
		}
		s = in.train
	}
	defer s.decoder.close()
	for _, e := range s.entries[:min(len(s.entries), mostTried)] {
		one := s.decode(e, nil)
		if one.bad == nil {
			return true
		}
		if errors.As(one.bad, new(*eightbit.BandsError)) {
			return false
		}
	}
	return false
}
