package nn

import (
	"hash/fnv"
	"math"
	"math/rand/v2"

	"cmae/internal/rng"
)

// Init fills a new parameter of the given shape.
type Init func(values []float64, shape []int, r *rand.Rand)

// Zeros leaves the 0 that values have.
func Zeros([]float64, []int, *rand.Rand) {}

// Ones fills with 1.
func Ones(values []float64, _ []int, _ *rand.Rand) {
	for i := range values {
		values[i] = 1
	}
}

// XavierUniform draws from U(-a, a), a = sqrt(6/(in+out)), for a weight [out, in...] (spec 2).
func XavierUniform(values []float64, shape []int, r *rand.Rand) {
	Uniform(math.Sqrt(6/float64(shape[0]+len(values)/shape[0])))(values, shape, r)
}

// Normal draws from N(0, sd).
func Normal(sd float64) Init {
	return func(values []float64, _ []int, r *rand.Rand) {
		for i := range values {
			values[i] = sd * r.NormFloat64()
		}
	}
}

// KaimingNormal draws from N(0, 2/(out k k)) for filters [out,in,k,k]: fan out, as in the published
// ResNets.
func KaimingNormal(values []float64, shape []int, r *rand.Rand) {
	Normal(math.Sqrt(2/float64(len(values)/shape[1])))(values, shape, r)
}

// Uniform draws from U(-bound, bound).
func Uniform(bound float64) Init {
	return func(values []float64, _ []int, r *rand.Rand) {
		for i := range values {
			values[i] = (2*r.Float64() - 1) * bound
		}
	}
}

// streamOf gives every parameter a stream of its own: adding a layer does not change the others.
func streamOf(seed uint64, name string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rng.For(seed, rng.Init, h.Sum64())
}
