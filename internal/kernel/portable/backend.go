package portable

import "cmae/internal/kernel"

// Name is what the engine calls itself.
const Name = "portable"

// Backend opens the engine, which needs nothing. It computes in one replica unless told otherwise,
// so that results don't depend on the number of threads.
func Backend() kernel.Backend {
	return kernel.Backend{Name: Name, Open: func(o kernel.Options) (*kernel.Opened, error) {
		return &kernel.Opened{
			Core: New(o.Threads), Compute: kernel.F32, Replicas: 1,
			SlowBF16: "the portable engine converts to float32 and back, which is slow; " +
				"install oneDNN or take f32",
			Faster: "install a library that is named above as missing",
		}, nil
	}}
}
