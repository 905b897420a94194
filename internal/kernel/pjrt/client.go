package pjrt

import (
	"strings"
	"unsafe"
)

// Client is a plugin at work, on the first of its devices.
type Client struct {
	*Plugin
	Platform string // "cpu", "cuda", "rocm"
	Version  string // of the platform, in words of the plugin

	handle  uintptr
	devices []uintptr
}

// Start makes a client. Where the plugin finds no device it fails.
func (p *Plugin) Start() (*Client, error) {
	options, err := p.startOptions()
	if err != nil {
		return nil, err
	}
	a := &struct {
		head
		options           *namedValue
		optionsN          uintptr
		get, getArg       uintptr
		put, putArg       uintptr
		client            uintptr
		tryGet, tryGetArg uintptr
	}{options: unsafe.SliceData(options), optionsN: uintptr(len(options))}
	if err := do(p, fnClientCreate, a); err != nil {
		return nil, err
	}
	c := &Client{Plugin: p, handle: a.client}
	if c.Platform, err = p.named(fnClientPlatformName, c.handle); err != nil {
		return nil, err
	}
	if c.Version, err = p.named(fnClientPlatformVersion, c.handle); err != nil {
		return nil, err
	}
	c.Version = oneLine(c.Version)
	d := &struct {
		object
		list *uintptr
		n    uintptr
	}{object: object{handle: c.handle}}
	if err := do(p, fnClientAddressableDevices, d); err != nil {
		return nil, err
	}
	c.devices = append(c.devices, unsafe.Slice(d.list, d.n)...)
	if len(c.devices) == 0 {
		return nil, &Error{Text: "it sees no device"}
	}
	return c, nil
}

// Close frees the client.
func (c *Client) Close() error { return c.destroy(fnClientDestroy, c.handle) }

// GPU tells whether the devices are no CPUs.
func (c *Client) GPU() bool { return c.Platform != "cpu" && c.Platform != "host" }

// Device is one that a client sees.
type Device struct {
	Kind   string // "NVIDIA H100 80GB HBM3"
	Memory Memory
}

// Memory of a device, in bytes.
type Memory struct {
	Held  int64
	Limit int64 // 0 where the plugin does not say
}

// Devices lists the client's devices; it computes on the first.
func (c *Client) Devices() ([]Device, error) {
	var list []Device
	for _, d := range c.devices {
		a := &struct {
			object
			description uintptr
		}{object: object{handle: d}}
		if err := do(c.Plugin, fnDeviceGetDescription, a); err != nil {
			return nil, err
		}
		kind, err := c.named(fnDeviceDescriptionKind, a.description)
		if err != nil {
			return nil, err
		}
		list = append(list, Device{Kind: kind, Memory: c.memory(d)})
	}
	return list, nil
}

// Memory is the first device's.
func (c *Client) Memory() Memory { return c.memory(c.devices[0]) }

// memory of a device. Plugins whose devices have none of their own do not count it.
func (c *Client) memory(device uintptr) Memory {
	type count struct {
		bytes int64
		known bool
	}
	a := &struct {
		object
		inUse                              int64
		peak, allocations, largest, limit  count
		reserved, peakReserved, reservable count
		largestFree, pool, peakPool        count
	}{object: object{handle: device}}
	if do(c.Plugin, fnDeviceMemoryStats, a) != nil || !a.limit.known {
		return Memory{}
	}
	return Memory{Held: a.inUse, Limit: a.limit.bytes}
}

// oneLine is the first line of a text, and what makes it longer than a reader wants left out.
func oneLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	const most = 300
	if len(s) > most {
		s = s[:most] + "..."
	}
	return s
}
