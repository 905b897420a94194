package dataset

import (
	"fmt"

	"cmae/internal/machine"
	"cmae/internal/system"
)

// memory is a growing file that is none: pieces outside the garbage collector's sight, which would
// keep copies of what grows.
type memory struct {
	pieces [][]byte
	bytes  int
	most   int
}

// memoryPiece is the size of a piece.
const memoryPiece = 16 << 20

// errNoMemory says that decoded images do not fit in memory.
type errNoMemory struct{ most int }

func (e errNoMemory) Error() string {
	return fmt.Sprintf("they need more than %d MB, half of the memory that is free", e.most>>20)
}

// newMemory takes at most half of the memory that is free.
func newMemory() *memory {
	most := machine.MostMemory()
	if free := machine.Memory("MemAvailable"); free > 0 {
		most = min(most, float64(free))
	}
	return &memory{most: int(min(most/2, 1<<50))}
}

func (m *memory) Write(data []byte) (int, error) {
	if m.bytes+len(data) > m.most {
		return 0, errNoMemory{m.most}
	}
	for left := data; len(left) > 0; {
		at := m.bytes % memoryPiece
		if at == 0 {
			piece, err := system.Memory(memoryPiece)
			if err != nil {
				return 0, errNoMemory{m.bytes}
			}
			m.pieces = append(m.pieces, piece)
		}
		n := copy(m.pieces[len(m.pieces)-1][at:], left)
		left, m.bytes = left[n:], m.bytes+n
	}
	return len(data), nil
}

// whole gives all that was written as one, and the pieces back to the system. What is larger than a
// piece stays mapped until the process ends, as a packed file does.
func (m *memory) whole() ([]byte, error) {
	defer m.free()
	if len(m.pieces) < 2 {
		if m.bytes == 0 {
			return nil, nil
		}
		return append([]byte(nil), m.pieces[0][:m.bytes]...), nil
	}
	all, err := system.Memory(m.bytes)
	if err != nil {
		return nil, errNoMemory{m.bytes}
	}
	for i, piece := range m.pieces {
		copy(all[i*memoryPiece:], piece)
		if err := system.Unmap(piece); err != nil {
			return nil, err
		}
		m.pieces[i] = nil
	}
	return all, nil
}

// free gives the pieces back that are left.
func (m *memory) free() {
	for _, piece := range m.pieces {
		if piece != nil {
			_ = system.Unmap(piece) // only costs memory
		}
	}
	m.pieces = nil
}
