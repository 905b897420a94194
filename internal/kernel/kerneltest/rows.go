package kerneltest

import (
	"fmt"

	"cmae/internal/kernel"
)

func rowCases() []testCase {
	var list []testCase
	for _, z := range [][4]int{{1, 1, 1, 1}, {2, 7, 3, 5}, {3, 4, 9, 33}, {1, 40, 1200, 17}} {
		b, n, v, d := z[0], z[1], z[2], z[3]
		name := fmt.Sprintf("%dx%dx%dx%d", b, n, v, d)
		list = append(list,
			testCase{"GatherRows/" + name, func(s *side) {
				s.GatherRows(s.out(b, v, d), s.in(b, n, d), s.someRows(b, n, v))
			}},
			testCase{"ScatterRows/" + name, func(s *side) {
				s.ScatterRows(s.out(b, n, d), s.in(b, v, d), s.someRows(b, n, v))
			}},
			testCase{"Softmax/" + name, func(s *side) {
				x := s.also(s.in(b*n, d))
				s.Softmax(s.out(b*n, d), s.out(b*n), x)
				s.Softmax(x, kernel.Tensor{}, x)
			}},
			testCase{"PermuteRows/" + name, func(s *side) {
				order := make([]int, v)
				for i := range order {
					order[i] = (i*i + 1) % n
				}
				s.PermuteRows(s.out(v, d, b), s.in(n, d, b), order)
			}},
			// next to each other or not, and round the end
			testCase{"WriteRows/" + name, func(s *side) {
				table, x := s.also(s.in(n, d)), s.in((n+1)/2, d)
				for _, from := range []int{n / 2, n - 1} {
					for _, stride := range []int{1, 2} {
						at := make([]int32, (n+1)/2)
						for i := range at {
							at[i] = int32((from + stride*i) % n)
						}
						s.WriteRows(table, x, at)
					}
				}
			}},
		)
	}
	return append(list, spanCases()...)
}

// someRows are numbers of rows, some several times and some of none: -1, n and above.
func (s *side) someRows(b, n, v int) kernel.Tensor {
	ids := make([]int, b*v)
	for i := range ids {
		ids[i] = (i*i+i/3)%(n+3) - 1
	}
	return s.indices(ids, b, v)
}

// spanCases write and read memory in other pieces than it was allocated in, as arenas, queues and
// batches do.
func spanCases() []testCase {
	var list []testCase
	for _, n := range []int{1, 7, 600} {
		name := fmt.Sprint(n)
		list = append(list,
			testCase{"Part/rows/" + name, func(s *side) { // row by row, backwards
				y, x := s.out(5, n), s.in(5, n)
				for i := range 5 {
					s.Copy(y.Part(i, i+1), x.Part(4-i, 5-i))
				}
				s.Scale(s.out(5, n), y, 2)
				s.Add(s.out(2, n), y.Part(1, 3), y.Part(2, 4))
			}},
			testCase{"Part/over/" + name, func(s *side) { // over what was written in other pieces
				y := s.out(6, n)
				s.Copy(y.Part(0, 3), s.in(3, n))
				s.ReLU(y.Part(2, 5), s.in(3, n))
				s.Scale(y.Part(1, 4), y.Part(1, 4), 3)
				s.Linear(y.Part(3, 5), s.act(2, 4), s.act(n, 4), kernel.Epilogue{})
				s.Add(s.out(4, n), y.Part(0, 4), y.Part(2, 6))
			}},
			testCase{"View/" + name, func(s *side) {
				y, x := s.out(4, n), s.in(2, n, 2)
				s.Copy(y.View(2, 2*n).Part(1, 2), x.Part(0, 1))
				s.Copy(y.View(n, 4).Part(0, 1), x.View(n, 4).Part(n-1, n))
			}},
			testCase{"At/" + name, func(s *side) { s.arena(n) }},
		)
	}
	return list
}

// arena uses one piece of memory for values of several types, one after the other. What a value
// leaves of an earlier one stays.
func (s *side) arena(n int) {
	size := s.full.Size()
	block := s.New(s.full, 8, n)
	s.mine = append(s.mine, block)
	wide, small := block.At(0, s.full, 4, n), block.At(4*n*size, s.small, n)
	s.Copy(wide, s.in(4, n))
	s.Cast(small, s.in(n))
	s.Cast(s.out(n), small)
	s.Copy(s.out(4, n), wide)
	over := block.At(2*n*size, s.full, 3, n) // half of wide, and small
	s.Copy(over, s.in(3, n))
	s.Copy(s.out(2, n), wide.Part(0, 2))
	s.Copy(s.out(3, n), over)
	again := block.At(4*n*size, s.small, n)
	s.Cast(again, s.in(n))
	s.Copy(s.out(2, n), over.Part(0, 2))
	s.Cast(s.out(n), again)
}
