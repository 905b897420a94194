package surfaces

import "math"

// hash is a random number of a cell, 0 to 1.
func hash(seed uint64, i, j int) float64 {
	x := seed ^ uint64(int64(i))*0x9e3779b97f4a7c15 ^ uint64(int64(j))*0xbf58476d1ce4e5b9
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return float64((x^x>>31)>>11) / (1 << 53)
}

// noise is random in every cell, smoothly between them, 0 to 1.
func noise(seed uint64, x, y float64) float64 {
	i, j := int(math.Floor(x)), int(math.Floor(y))
	smooth := func(t float64) float64 { return t * t * (3 - 2*t) }
	u, v := smooth(x-float64(i)), smooth(y-float64(j))
	return (1-v)*((1-u)*hash(seed, i, j)+u*hash(seed, i+1, j)) +
		v*((1-u)*hash(seed, i, j+1)+u*hash(seed, i+1, j+1))
}

// nearest gives the distances to the nearest two of the points that cells hold one each of, and a
// random number of the nearest.
func nearest(seed uint64, x, y float64) (near, next, of float64) {
	near, next = math.Inf(1), math.Inf(1)
	left, top := int(math.Floor(x)), int(math.Floor(y))
	for j := top - 1; j <= top+1; j++ {
		for i := left - 1; i <= left+1; i++ {
			px, py := float64(i)+hash(seed+1, i, j), float64(j)+hash(seed+2, i, j)
			d := math.Hypot(px-x, py-y)
			if d < near {
				near, next, of = d, near, hash(seed+3, i, j)
			} else if d < next {
				next = d
			}
		}
	}
	return near, next, of
}
