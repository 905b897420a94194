package pack

import (
	"bytes"
	"fmt"

	"cmae/internal/machine"
	"cmae/internal/system"
)

// Memory is a growing file that is none: pieces outside the garbage collector's sight, which would
// keep copies of what grows.
type Memory struct {
	pieces [][]byte
	bytes  int
	most   int
}

// memoryPiece is the size of a piece.
const memoryPiece = 16 << 20

// NoMemoryError says that decoded images do not fit in memory.
type NoMemoryError struct{ most int }

func (e NoMemoryError) Error() string {
	return fmt.Sprintf("they need more than %d MB, half of the memory that is free", e.most>>20)
}

// NewMemory takes at most half of the memory that is free.
func NewMemory() *Memory {
	most := machine.MostMemory()
	if free := machine.Memory("MemAvailable"); free > 0 {
		most = min(most, float64(free))
	}
	return &Memory{most: int(min(most/2, 1<<50))}
}

func (m *Memory) Write(data []byte) (int, error) {
	if m.bytes+len(data) > m.most {
		return 0, NoMemoryError{m.most}
	}
	for left := data; len(left) > 0; {
		at := m.bytes % memoryPiece
		if at == 0 {
			piece, err := system.Memory(memoryPiece)
			if err != nil {
				return 0, NoMemoryError{m.bytes}
			}
			m.pieces = append(m.pieces, piece)
		}
		n := copy(m.pieces[len(m.pieces)-1][at:], left)
		left, m.bytes = left[n:], m.bytes+n
	}
	return len(data), nil
}

// Whole gives all that was written as one, and the pieces back to the system. What is larger than a
// piece stays mapped until the process ends, as a packed file does.
func (m *Memory) Whole() ([]byte, error) {
	defer m.Free()
	if len(m.pieces) < 2 {
		if m.bytes == 0 {
			return nil, nil
		}
		return bytes.Clone(m.pieces[0][:m.bytes]), nil
	}
	all, err := system.Memory(m.bytes)
	if err != nil {
		return nil, NoMemoryError{m.bytes}
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

// Free gives the pieces back that are left.
func (m *Memory) Free() {
	for _, piece := range m.pieces {
		if piece != nil {
			_ = system.Unmap(piece) // only costs memory
		}
	}
	m.pieces = nil
}
