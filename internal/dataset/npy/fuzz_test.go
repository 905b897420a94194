package npy

import "testing"

// FuzzDecode: whatever a file holds, it is refused or has as many samples as its picture says,
// within the limit.
func FuzzDecode(f *testing.F) {
	const limit = 1 << 12
	f.Add(file("<f4", false, "(2, 3)", []float32{1, 2, 3, 4, 5, 6}), 3)
	f.Add(file("|u1", true, "(2, 1, 3)", []uint8{1, 2, 3, 4, 5, 6}), 3)
	f.Add(file(">u2", false, "(6, 1, 1)", []uint16{1, 2, 3, 4, 5, 6}), 6)
	f.Fuzz(func(t *testing.T, data []byte, channels int) {
		if channels < 1 || channels > 16 {
			return
		}
		p, err := Decode(data, channels, limit)
		if err != nil {
			return
		}
		if p.Width < 1 || p.Height < 1 || p.Width*p.Height > limit {
			t.Errorf("accepted %dx%d", p.Width, p.Height)
		}
	})
}
