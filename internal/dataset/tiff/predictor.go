package tiff

// unpredict makes a row of differences a row of samples.
func (l *layout) unpredict(row []byte) {
	n := l.perPixel()
	if l.predictor == 3 {
		l.unpredictFloats(row, n)
		return
	}
	switch l.bits {
	case 8:
		for i := n; i < len(row); i++ {
			row[i] += row[i-n]
		}
	case 16:
		for i := 2 * n; i+2 <= len(row); i += 2 {
			l.order.PutUint16(row[i:], l.order.Uint16(row[i:])+l.order.Uint16(row[i-2*n:]))
		}
	case 32:
		for i := 4 * n; i+4 <= len(row); i += 4 {
			l.order.PutUint32(row[i:], l.order.Uint32(row[i:])+l.order.Uint32(row[i-4*n:]))
		}
	case 64:
		for i := 8 * n; i+8 <= len(row); i += 8 {
			l.order.PutUint64(row[i:], l.order.Uint64(row[i:])+l.order.Uint64(row[i-8*n:]))
		}
	}
}

// unpredictFloats puts together floats that were cut into bytes, all the highest ones first, and
// then made differences.
func (l *layout) unpredictFloats(row []byte, n int) {
	for i := n; i < len(row); i++ {
		row[i] += row[i-n]
	}
	size := l.bits / 8
	count := len(row) / size
	whole := make([]byte, len(row))
	for i := range count {
		for b := range size {
			at := size*i + b
			if l.order.String() == "LittleEndian" {
				at = size*i + size - 1 - b
			}
			whole[at] = row[b*count+i]
		}
	}
	copy(row, whole)
}
