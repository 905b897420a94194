package model

import (
	"math"
	"math/rand/v2"

	"cmae/internal/graph/nn"
)

// sinCos fills a position table [1,1+grid*grid,dim]: a zero row for cls, then for each patch sines
// and cosines of its column in the first half and of its row in the second (spec 2).
func sinCos(grid, dim int) nn.Init {
	return func(table []float64, _ []int, _ *rand.Rand) {
		quarter := dim / 4
		for n := range grid * grid {
			row := table[(1+n)*dim : (2+n)*dim]
			for i := range quarter {
				omega := 1 / math.Pow(10000, float64(i)/float64(quarter))
				x, y := float64(n%grid)*omega, float64(n/grid)*omega
				row[i], row[quarter+i] = math.Sin(x), math.Cos(x)
				row[2*quarter+i], row[3*quarter+i] = math.Sin(y), math.Cos(y)
			}
		}
	}
}
