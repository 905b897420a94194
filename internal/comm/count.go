package comm

// leastShard is the least number of images for which a replica pays: with fewer, its matrix
// products are too thin.
const leastShard = 8

// most is the largest number of replicas; each is a thread and holds gradients.
const most = 256

// Count is the number of replicas for so many threads and images: a divisor of both. Each holds
// gradients of its own; those of all replicas but the first may together take as much memory as all
// that a step of one replica holds (its gradients lie where activations have been). Sizes are in
// bytes.
func Count(threads, batch, gradients, step int) int {
	worth := min(threads, batch/leastShard, most)
	if gradients > 0 {
		worth = min(worth, 1+step/gradients)
	}
	for n := worth; n > 1; n-- {
		if batch%n == 0 && threads%n == 0 {
			return n
		}
	}
	return 1
}
