package bench

import (
	"context"
	"time"
)

// measurement is the steps and passes of the floor of a benchmark.
type measurement struct {
	*stepper
	floor  *floor // made when it is first needed, since it takes memory
	peak   *peak  // too
	rounds []round
}

// round is a step, the products of one and the rate of the peak.
type round struct {
	step, products time.Duration
	record         time.Duration // of the step, what is not the device's
	recompiled     int
	uploaded       int64 // bytes
	garbage        int64
	peak           float64 // GFLOP a second
}

// alternate makes a step and passes in turn, so that a machine's slow moments strike both.
func (m *measurement) alternate(ctx context.Context, profile bool) error {
	if err := m.readyFloor(ctx); err != nil {
		return err
	}
	if profile {
		m.startProfile()
	}
	for i := range m.rounds {
		if err := m.timeStep(ctx, &m.rounds[i]); err != nil {
			return err
		}
		if err := m.timeFloor(ctx, &m.rounds[i]); err != nil {
			return err
		}
	}
	return nil
}

// apart makes all steps before all passes, as an engine that compiles needs it: the update of a
// step is in the program of the next one, and a pass between them would cut it off.
func (m *measurement) apart(ctx context.Context, profile bool) error {
	if profile {
		m.startProfile()
	}
	for i := range m.rounds {
		if err := m.timeStep(ctx, &m.rounds[i]); err != nil {
			return err
		}
	}
	m.wait()
	if err := m.readyFloor(ctx); err != nil {
		return err
	}
	for i := range m.rounds {
		if err := m.timeFloor(ctx, &m.rounds[i]); err != nil {
			return err
		}
	}
	return nil
}

// readyFloor makes the floor and its first pass, which is not measured, and finds the peak.
func (m *measurement) readyFloor(ctx context.Context) error {
	m.floor = newFloor(m.stepper)
	if err := m.floor.run(ctx); err != nil {
		return err
	}
	var err error
	m.peak, err = newPeak(ctx, m.Run.Replicas, m.Run.Choice.ComputeType)
	return err
}

func (m *measurement) free() {
	if m.floor != nil {
		m.floor.free()
	}
	if m.peak != nil {
		m.peak.free()
	}
}

func (m *measurement) timeStep(ctx context.Context, r *round) error {
	engine := compiled(m.Run.Choice.Engine)
	before, start := heapAllocated(), time.Now()
	if err := m.step(ctx); err != nil {
		return err
	}
	r.step = time.Since(start)
	r.garbage = heapAllocated() - before
	now := compiled(m.Run.Choice.Engine)
	r.record = r.step - (now.Device - engine.Device)
	r.recompiled = now.Programs - engine.Programs
	r.uploaded = now.Uploaded - engine.Uploaded
	return nil
}

func (m *measurement) timeFloor(ctx context.Context, r *round) error {
	start := time.Now()
	if err := m.floor.run(ctx); err != nil {
		return err
	}
	r.products = time.Since(start)
	var err error
	r.peak, err = m.peak.rate(ctx, min(r.products, peakRound))
	return err
}
