package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// file is a .npy file of version 1 with the values of a struct or slice behind its header.
func file(descr string, fortran bool, shape string, values any) []byte {
	order := "False"
	if fortran {
		order = "True"
	}
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }", descr, order, shape)
	header += strings.Repeat(" ", 63-(len(header)+10)%64) + "\n"
	data := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), byte(len(header)>>8))
	data = append(data, header...)
	big := strings.HasPrefix(descr, ">")
	var err error
	if big {
		data, err = binary.Append(data, binary.BigEndian, values)
	} else {
		data, err = binary.Append(data, binary.LittleEndian, values)
	}
	if err != nil {
		panic(err)
	}
	return data
}

// TestDecode: an image of 3 columns and 2 rows with 4 channels, of which channel b of pixel (x, y)
// is 100y + 10x + b, in every way that it can be stored.
func TestDecode(t *testing.T) {
	want := []float64{
		0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23,
		100, 101, 102, 103, 110, 111, 112, 113, 120, 121, 122, 123,
	}
	at := func(y, x, b int) uint8 { return uint8(100*y + 10*x + b) }
	var last, first, lastFortran, firstFortran []uint8
	for y := range 2 {
		for x := range 3 {
			for b := range 4 {
				last = append(last, at(y, x, b))
			}
		}
	}
	for b := range 4 {
		for y := range 2 {
			for x := range 3 {
				first = append(first, at(y, x, b))
			}
		}
	}
	for b := range 4 { // the first axis, rows, fastest
		for x := range 3 {
			for y := range 2 {
				lastFortran = append(lastFortran, at(y, x, b))
			}
		}
	}
	for x := range 3 { // the first axis, channels, fastest
		for y := range 2 {
			for b := range 4 {
				firstFortran = append(firstFortran, at(y, x, b))
			}
		}
	}
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"bytes", file("|u1", false, "(2, 3, 4)", last)},
		{"channels in front", file("|u1", false, "(4, 2, 3)", first)},
		{"Fortran", file("|u1", true, "(2, 3, 4)", lastFortran)},
		{"channels in front, Fortran", file("|u1", true, "(4, 2, 3)", firstFortran)},
		{"uint16", file("<u2", false, "(2, 3, 4)", wider[uint16](last))},
		{"uint16, big endian", file(">u2", false, "(2, 3, 4)", wider[uint16](last))},
		{"int16", file("<i2", false, "(2, 3, 4)", wider[int16](last))},
		{"float32", file("<f4", true, "(2, 3, 4)", wider[float32](lastFortran))},
		{"float64", file("<f8", false, "(4, 2, 3)", wider[float64](first))},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Decode(c.data, 4, 100)
			if err != nil {
				t.Fatal(err)
			}
			var got []float64
			for i := range want {
				if p.Deep != nil {
					got = append(got, p.Deep.At(i))
				} else {
					got = append(got, float64(p.Pix[i]))
				}
			}
			if p.Width != 3 || p.Height != 2 || !slices.Equal(got, want) {
				t.Errorf("%dx%d %v", p.Width, p.Height, got)
			}
		})
	}
}

func wider[T uint16 | int16 | float32 | float64](values []uint8) (wide []T) {
	for _, v := range values {
		wide = append(wide, T(v))
	}
	return wide
}

func TestNegative(t *testing.T) {
	p, err := Decode(file("<i2", false, "(1, 2)", []int16{-5, math.MaxInt16}), 1, 100)
	if err != nil || p.Deep.At(0) != -5 || p.Deep.At(1) != math.MaxInt16 || p.Deep.Channels != 1 {
		t.Errorf("%+v, %v", p, err)
	}
}

// TestColours: three channels are the default; gray stays one, and what is more is counted.
func TestColours(t *testing.T) {
	for _, c := range []struct {
		shape           string
		channels, bands int
	}{
		{"(2, 4, 3)", 3, 0}, {"(2, 12)", 1, 0}, {"(4, 6, 1)", 1, 0}, {"(3, 2, 4)", 3, 0},
		{"(4, 3, 2)", 2, 1},
	} {
		p, err := Decode(file("|u1", false, c.shape, make([]uint8, 24)), 3, 100)
		if err != nil || p.Channels != c.channels || p.Bands != c.bands {
			t.Errorf("%s: %+v, %v", c.shape, p, err)
		}
	}
}

func TestRefuses(t *testing.T) {
	whole := file("|u1", false, "(2, 3, 4)", make([]uint8, 24))
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"both axes", "in front or behind", file("|u1", false, "(4, 9, 4)", make([]uint8, 144))},
		{"cut", "asks for 24 bytes, the file has 23", whole[:len(whole)-1]},
		{"longer", "asks for 24 bytes, the file has 25", append(slices.Clone(whole), 0)},
		{"axes", "has 4 axes", file("|u1", false, "(1, 2, 3, 4)", make([]uint8, 24))},
		{"objects", "type \"|O\"", file("|O", false, "(2, 3, 4)", make([]uint8, 24))},
		{"no bands", "no axis of 4 bands", file("|u1", false, "(80, 2, 90)", make([]uint8, 14400))},
		{"header", "ends early", whole[:20]},
		{"size", "3000x2000", file("|u1", false, "(2000, 3000, 4)", []uint8{})},
		{"beyond", "beyond measure", file("|u1", false, "(99999999999999999999, 1, 4)", []uint8{})},
	} {
		_, err := Decode(c.data, 4, 1000)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
		if c.name == "size" && !errors.Is(err, ErrSize) {
			t.Errorf("size: %v", err)
		}
	}
}
