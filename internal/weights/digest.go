package weights

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// beside begin the names of what changes features and is no part of the encoder proper.
var beside = []string{"pos_embed", "fc_norm."}

// Digest names the encoder of the file by its values: a copy of it under other heads, in a run or
// exported, has the same, and so has the file at another size of images or number of channels: the
// values are those stored. What was made for an encoder can tell whether it meets that one again.
func (f *File) Digest() string {
	sum := sha256.New()
	for _, name := range f.Names() {
		if isEncoder(name) ||
			slices.ContainsFunc(beside, func(p string) bool { return strings.HasPrefix(name, p) }) {
			t, replaced := f.stored[name]
			if !replaced {
				t = f.tensors[name]
			}
			fmt.Fprintf(sum, "%q %s %v\n", name, t.DType, t.Shape)
			sum.Write(t.Data)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}
