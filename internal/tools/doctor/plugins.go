package doctor

import (
	"fmt"
	"strings"

	"cmae/internal/kernel/pjrt"
)

// plugins lists those that engine xla may open, with their devices, and the GPUs that lack one.
func (r *Report) plugins() {
	found := pjrt.Find()
	for _, f := range found {
		name := "plugin"
		if f.Kind.Name != "" {
			name += " " + f.Kind.Name
		}
		if !f.Kind.Present() {
			found := f.Path + ": no " + f.Kind.Vendor + " device"
			r.add(name, found, Missing, "install the device's driver")
			continue
		}
		if text, err := devices(f); err != nil {
			what, remedy, _ := strings.Cut(err.Error(), "; ")
			r.add(name, what, Missing, remedy)
		} else {
			r.add(name, text, OK, "")
		}
	}
	if len(found) > 0 {
		return
	}
	for _, k := range pjrt.Kinds() {
		if k.GPU() {
			r.add(
				"plugin "+k.Name, "a device of "+k.Vendor+" without its plugin", Missing,
				"run scripts/fetch-xla.sh "+k.Name+" (PyPI's "+k.Package+")",
			)
		}
	}
}

// devices is a plugin's version, and what it sees.
func devices(f pjrt.Found) (string, error) {
	p, err := f.Load()
	if err != nil {
		return "", err
	}
	c, err := p.Start()
	if err != nil {
		return "", f.Broken(err)
	}
	list, err := c.Devices()
	if err != nil {
		return "", f.Broken(err)
	}
	text := fmt.Sprintf("%s, PJRT %d.%d", c.Platform, p.Major, p.Minor)
	for _, d := range list {
		text += ", " + d.Kind
		if d.Memory.Limit > 0 {
			text += fmt.Sprintf(" of %.1f GB", float64(d.Memory.Limit)/1e9)
		}
	}
	return text, c.Close()
}
