package evaluate

import (
	"fmt"

	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
)

// judgeBlock is how many test images are classified at a time.
const judgeBlock = 1024

// judge classifies a split with the running statistics in the batch's place.
func (h *head) judge(test FeatureSet, classes []string) (Score, error) {
	e, c, dim := h.engine, len(classes), test.Dim
	weight, bias := h.params[0].Value, h.params[1].Value
	size := min(judgeBlock, test.Len())
	x, y := e.New(kernel.F32, size, dim), e.New(kernel.F32, size, c)
	defer e.Free(x)
	defer e.Free(y)
	normal := make([]float32, size*dim)
	t := newTally(classes)
	for i := 0; i < test.Len(); i += size {
		rows := min(size, test.Len()-i)
		h.running.normalize(normal, test.Values[i*dim:(i+rows)*dim])
		nn.WriteTensor(e, x.Part(0, rows), normal[:rows*dim])
		e.Linear(y.Part(0, rows), x.Part(0, rows), weight, kernel.Epilogue{Bias: bias})
		logits := nn.ReadTensor[float32](e, y.Part(0, rows))
		for _, v := range logits {
			if v-v != 0 {
				return Score{}, fmt.Errorf("%w on test images: lower probe.base_lr", ErrNonFinite)
			}
		}
		for r, label := range test.Labels[i : i+rows] {
			t.add(label, rankOf(logits[r*c:(r+1)*c], label))
		}
	}
	return t.score(), nil
}
