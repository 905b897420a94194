package graph

// Unshared gives every value memory of its own, so that Gorgonia's machines can run the same
// operations in an order of theirs.
func Unshared(o *options) { o.share = false }
