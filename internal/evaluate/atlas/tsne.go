package atlas

import (
	"context"
	"math"
	"math/rand/v2"
	"sync"

	"gonum.org/v1/gonum/spatial/barneshut"
	"gonum.org/v1/gonum/spatial/r2"

	"cmae/internal/evaluate/knn"
	"cmae/internal/machine"
)

// How t-SNE is run: the usual numbers (van der Maaten 2014; Kobak and Berens 2019 for the rate).
const (
	perplexity   = 30.
	iterations   = 500
	exaggerated  = 150 // of them, the first
	exaggeration = 12.
	theta        = .7 // of Barnes and Hut
)

// place is where an image is on the map.
type place r2.Vec

func (p *place) Coord2() r2.Vec { return r2.Vec(*p) }
func (p *place) Mass() float64  { return 1 }

// edge is a neighbour with the joint probability of the pair.
type edge struct {
	to int32
	p  float64
}

// tsne lays points out from their first places so that neighbours, k of each, stay near. progress
// is told of every iteration.
func tsne(
	ctx context.Context, near []knn.Neighbour, k int, first []r2.Vec, progress func(int),
) ([]r2.Vec, error) {
	n := len(first)
	edges := affinities(near, n, k)
	places, particles := make([]place, n), make([]barneshut.Particle2, n)
	for i := range places {
		places[i], particles[i] = place(first[i]), &places[i]
	}
	step, gain := make([]r2.Vec, n), make([]r2.Vec, n)
	for i := range gain {
		gain[i] = r2.Vec{X: 1, Y: 1}
	}
	rate := max(float64(n)/exaggeration, 50)
	plane, err := barneshut.NewPlane(particles)
	for i := 0; i < iterations && err == nil; i++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		scale, momentum := 1., .8
		if i < exaggerated {
			scale, momentum = exaggeration, .5
		}
		gradient := gradients(plane, places, edges, scale)
		var centre r2.Vec
		for j := range places {
			step[j].X = move(gradient[j].X, step[j].X, &gain[j].X, momentum, rate)
			step[j].Y = move(gradient[j].Y, step[j].Y, &gain[j].Y, momentum, rate)
			places[j].X += step[j].X
			places[j].Y += step[j].Y
			centre = r2.Add(centre, r2.Scale(1/float64(n), r2.Vec(places[j])))
		}
		for j := range places {
			places[j] = place(r2.Sub(r2.Vec(places[j]), centre))
		}
		progress(i + 1)
		err = plane.Reset()
	}
	out := make([]r2.Vec, n)
	for i, p := range places {
		out[i] = r2.Vec(p)
	}
	return out, err
}

// move is the next step along a coordinate: gradient descent with momentum, its gain raised where
// it goes on in one direction.
func move(gradient, step float64, gain *float64, momentum, rate float64) float64 {
	if (gradient > 0) == (step > 0) {
		*gain = max(.01, *gain*.8)
	} else {
		*gain += .2
	}
	return momentum*step - rate**gain*gradient
}

// affinities are the joint probabilities of t-SNE, by point.
func affinities(near []knn.Neighbour, n, k int) [][]edge {
	edges := make([][]edge, n)
	for i := range n {
		p := conditional(near[i*k : (i+1)*k])
		for j, v := range p {
			to := near[i*k+j].Index
			v /= 2 * float64(n)
			edges[i] = append(edges[i], edge{to, v})
			edges[to] = append(edges[to], edge{int32(i), v})
		}
	}
	return edges
}

// conditional are the probabilities of neighbours by a Gaussian of the wanted perplexity, found by
// bisection. Distances are between unit vectors.
func conditional(near []knn.Neighbour) []float64 {
	p := make([]float64, len(near))
	target := math.Log(min(perplexity, float64(len(near))/3+1))
	low, high, beta := 0., math.Inf(1), 1.
	for range 60 {
		sum, weighted := 0., 0.
		for j, m := range near {
			d := 2 * float64(near[0].Cosine-m.Cosine) // over the nearest: no underflow
			p[j] = math.Exp(-beta * d)
			sum += p[j]
			weighted += p[j] * d
		}
		entropy := math.Log(sum) + beta*weighted/sum
		for j := range p {
			p[j] /= sum
		}
		if math.Abs(entropy-target) < 1e-5 {
			break
		}
		if entropy > target {
			low = beta
		} else {
			high = beta
		}
		if beta = (low + high) / 2; math.IsInf(high, 1) {
			beta = 2 * low
		}
	}
	return p
}

// gradients of the Kullback-Leibler divergence, by point. Sums don't depend on the number of
// goroutines: each point has its own.
func gradients(plane *barneshut.Plane, places []place, edges [][]edge, scale float64) []r2.Vec {
	n := len(places)
	repulsion, z, out := make([]r2.Vec, n), make([]float64, n), make([]r2.Vec, n)
	parallel(n, func(i int) {
		repulsion[i] = plane.ForceOn(&places[i], theta, func(
			_, _ barneshut.Particle2, _, mass float64, v r2.Vec,
		) r2.Vec {
			d := r2.Norm2(v)
			if d == 0 { // the point itself
				return r2.Vec{}
			}
			q := 1 / (1 + d)
			z[i] += mass * q
			return r2.Scale(-mass*q*q, v)
		})
	})
	total := 0.
	for _, v := range z {
		total += v
	}
	parallel(n, func(i int) {
		var attraction r2.Vec
		for _, e := range edges[i] {
			v := r2.Sub(r2.Vec(places[i]), r2.Vec(places[e.to]))
			attraction = r2.Add(attraction, r2.Scale(scale*e.p/(1+r2.Norm2(v)), v))
		}
		out[i] = r2.Scale(4, r2.Sub(attraction, r2.Scale(1/total, repulsion[i])))
	})
	return out
}

// parallel calls f for 0 to n-1, on all cores.
func parallel(n int, f func(i int)) {
	var wait sync.WaitGroup
	workers := machine.Cores()
	for w := range workers {
		wait.Go(func() {
			for i := w * n / workers; i < (w+1)*n/workers; i++ {
				f(i)
			}
		})
	}
	wait.Wait()
}

// jittered are first places: the two largest components, small, and never two alike.
func jittered(components [][]float64, random *rand.Rand) []r2.Vec {
	out := make([]r2.Vec, len(components))
	spread := 1e-12
	for _, c := range components {
		spread = max(spread, math.Abs(c[0]))
	}
	for i, c := range components {
		out[i] = r2.Vec{
			X: 1e-2*c[0]/spread + 1e-4*random.NormFloat64(),
			Y: 1e-4 * random.NormFloat64(),
		}
		if len(c) > 1 {
			out[i].Y += 1e-2 * c[1] / spread
		}
	}
	return out
}
