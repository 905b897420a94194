package pack

import (
	"bytes"
	"errors"
	"testing"
)

// TestMemory: what is written comes back as one; too much is refused.
func TestMemory(t *testing.T) {
	for _, size := range []int{0, 5, memoryPiece, memoryPiece + 7, 2*memoryPiece + 1} {
		m := NewMemory()
		piece := make([]byte, 1<<20-1)
		for i := range piece {
			piece[i] = byte(i)
		}
		var want []byte
		for left := size; left > 0; left -= len(piece) {
			part := piece[:min(left, len(piece))]
			want = append(want, part...)
			if _, err := m.Write(part); err != nil {
				t.Fatal(err)
			}
		}
		if all, err := m.Whole(); err != nil || !bytes.Equal(all, want) {
			t.Errorf("%d bytes came back as %d, %v", size, len(all), err)
		}
	}
	m := NewMemory()
	m.most = 10
	if _, err := m.Write(make([]byte, 11)); !errors.As(err, new(NoMemoryError)) {
		t.Error(err)
	}
}
