package encoder

import "cmae/internal/recipe"

// settleChannels takes data.channels from weights that come without settings, where nobody sets it
// and the images have as many. Else the weights are adapted, which is told. Gray images spread to
// three channels give what one channel does, so that weights for one are adapted as well.
func (e *Encoder) settleChannels(base recipe.Pretrain, o Options) {
	n := e.File.Channels()
	if n < 2 || n == base.Data.Channels {
		return
	}
	base.Data.Channels = n
	base.PresetChannels(n)
	o.Changes.Note = nil // which has been told
	c, err := recipe.LoadReader(base, o.Changes)
	if err == nil && c.Data.Channels == n && c.Data.Takes(o.Images...) {
		e.Config = c
		e.Console.Log("data.channels %d, as %s has them", n, e.File.Path)
	}
}
