package embed

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// writeNPY writes the features as NumPy's format 1.0: magic, version, length of the header, a
// header that ends on a multiple of 64 bytes, then the rows.
func writeNPY(w io.Writer, t *Table) error {
	shape := strings.Trim(strings.ReplaceAll(fmt.Sprint(t.shape()), " ", ", "), "[]")
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", shape)
	const before = len("\x93NUMPY\x01\x00") + 2
	header += strings.Repeat(" ", 63-(before+len(header))%64) + "\n"
	if _, err := io.WriteString(w, "\x93NUMPY\x01\x00"); err != nil {
		return err
	}
	if err := binary.Write(w, binary.LittleEndian, uint16(len(header))); err != nil {
		return err
	}
	if _, err := io.WriteString(w, header); err != nil {
		return err
	}
	return binary.Write(w, binary.LittleEndian, t.Values)
}
