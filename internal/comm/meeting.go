package lanes

import (
	"errors"
	"slices"
	"sync"
	"unsafe"

	"cmae/internal/kernel"
)

// errLeft ends the wait for a lane that will not come.
var errLeft = errors.New("another lane failed")

// meeting is where lanes bring together what they hold of a batch.
type meeting struct {
	owner   kernel.Engine // of the memory in wholes and kept
	mu      sync.Mutex
	changed *sync.Cond
	brought [][]kernel.Tensor // by each lane
	come    int
	round   int                              // meetings so far
	failed  error                            // of a lane, which then comes to no meeting
	wholes  []kernel.Tensor                  // by place
	kept    map[unsafe.Pointer]kernel.Tensor // see keep
}

func newMeeting(owner kernel.Engine, lanes int) *meeting {
	m := &meeting{
		owner: owner, brought: make([][]kernel.Tensor, lanes),
		kept: map[unsafe.Pointer]kernel.Tensor{},
	}
	m.changed = sync.NewCond(&m.mu)
	return m
}

// open readies the meeting for new work.
func (m *meeting) open() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.come, m.failed = 0, nil
}

// cancel lets those go who wait.
func (m *meeting) cancel(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failed = err
	m.changed.Broadcast()
}

// join waits until every lane has brought its tensors, each at the same place as the others; the
// last lane then acts for all.
func (m *meeting) join(lane int, bring []kernel.Tensor, act func(brought [][]kernel.Tensor)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.brought[lane] = bring
	m.come++
	if m.come == len(m.brought) && m.failed == nil {
		act(m.brought)
		m.come = 0
		m.round++
		m.changed.Broadcast()
		return
	}
	for round := m.round; m.round == round; m.changed.Wait() {
		if m.failed != nil {
			panic(errLeft)
		}
	}
}

// gather joins the shares that the lanes brought at a place into one tensor, which is absent if the
// shares are.
func (m *meeting) gather(e kernel.Engine, brought [][]kernel.Tensor, place int) kernel.Tensor {
	whole := m.whole(brought, place)
	for lane := range brought {
		if share := brought[lane][place]; !share.Absent() {
			e.Copy(m.share(whole, lane), share)
		}
	}
	return whole
}

// scatter gives the lanes their shares of a whole.
func (m *meeting) scatter(
	e kernel.Engine, whole kernel.Tensor, brought [][]kernel.Tensor, place int,
) {
	for lane := range brought {
		e.Copy(brought[lane][place], m.share(whole, lane))
	}
}

// repeat gives the lanes what the first one has at a place.
func (m *meeting) repeat(e kernel.Engine, brought [][]kernel.Tensor, place int) {
	for _, other := range brought[1:] {
		e.Copy(other[place], brought[0][place])
	}
}

// whole is memory for all shares at a place together. Every meeting uses the same memory for a
// place.
func (m *meeting) whole(brought [][]kernel.Tensor, place int) kernel.Tensor {
	share := brought[0][place]
	if share.Absent() {
		return kernel.Tensor{}
	}
	for len(m.wholes) <= place {
		m.wholes = append(m.wholes, kernel.Tensor{})
	}
	shape := slices.Clone(share.Shape)
	shape[0] *= len(brought)
	m.wholes[place] = m.room(m.wholes[place], share.Type, shape)
	return kernel.Tensor{Data: m.wholes[place].Data, Type: share.Type, Shape: shape}
}

// keep is memory for what an operation leaves to its gradient. like is where the first lane would
// keep its own share: the gradient, which asks with the same like and shape, gets the same memory.
func (m *meeting) keep(like kernel.Tensor, shape ...int) kernel.Tensor {
	m.kept[like.Data] = m.room(m.kept[like.Data], like.Type, shape)
	// the memory may be larger
	return kernel.Tensor{Data: m.kept[like.Data].Data, Type: like.Type, Shape: shape}
}

// room is t if it is large enough, else new memory in its place. Its type and shape may be others
// than those asked for.
func (m *meeting) room(t kernel.Tensor, as kernel.DType, shape []int) kernel.Tensor {
	wanted := kernel.Tensor{Type: as, Shape: shape}
	if !t.Absent() && t.Bytes() >= wanted.Bytes() {
		return t
	}
	if !t.Absent() {
		m.owner.Free(t)
	}
	return m.owner.New(as, shape...)
}

// share is a lane's part of a whole.
func (m *meeting) share(whole kernel.Tensor, lane int) kernel.Tensor {
	rows := whole.Shape[0] / len(m.brought)
	return whole.Part(lane*rows, (lane+1)*rows)
}

func (m *meeting) free() {
	for _, t := range m.wholes {
		if !t.Absent() {
			m.owner.Free(t)
		}
	}
	for _, t := range m.kept {
		m.owner.Free(t)
	}
	m.wholes, m.kept = nil, nil
}
