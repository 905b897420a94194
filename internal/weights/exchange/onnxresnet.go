package exchange

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"cmae/internal/graph/nn"
	"cmae/internal/model"
	"cmae/internal/weights/onnx"
)

// resNet writes the nodes of a ResNet, named as torchvision's. Each BatchNorm, by its running
// statistics, is part of the convolution before it.
type resNet struct{ network }

// build maps images to features.
func (r resNet) build(x string, stem model.Stem) {
	if stem == model.StemImageNet {
		x = r.relu(r.conv(x, "conv1", "bn1", 2))
		x = r.Node("MaxPool", []onnx.Attribute{
			{Name: "kernel_shape", Value: []int{3, 3}}, {Name: "strides", Value: []int{2, 2}},
			{Name: "pads", Value: []int{1, 1, 1, 1}},
		}, x)
	} else {
		x = r.relu(r.conv(x, "conv1", "bn1", 1))
	}
	for stage := 1; stage <= model.ResNetStages; stage++ {
		stride := min(stage, 2)
		for i := 0; r.has(fmt.Sprintf("layer%d.%d.conv1", stage, i)); i++ {
			x, stride = r.block(x, fmt.Sprintf("layer%d.%d.", stage, i), stride), 1
		}
	}
	mean := []onnx.Attribute{{Name: "axes", Value: []int{2, 3}}, {Name: "keepdims", Value: 0}}
	r.Named("features", "ReduceMean", mean, x)
}

func (r resNet) has(conv string) bool { return r.shapes[conv+".weight"] != nil }

// block is relu(path(x) + shortcut(x)); the first convolution of side 3 has the stride.
func (r resNet) block(x, name string, stride int) string {
	y, left := x, stride
	for i := 1; r.has(fmt.Sprintf("%sconv%d", name, i)); i++ {
		if i > 1 {
			y = r.relu(y)
		}
		conv, own := fmt.Sprintf("%sconv%d", name, i), 1
		if r.shapes[conv+".weight"][2] == 3 {
			own, left = left, 1
		}
		y = r.conv(y, conv, strings.Replace(conv, "conv", "bn", 1), own)
	}
	if r.has(name + "downsample.0") {
		x = r.conv(x, name+"downsample.0", name+"downsample.1", stride)
	}
	return r.relu(r.Node("Add", nil, y, x))
}

func (r resNet) relu(x string) string { return r.Node("Relu", nil, x) }

// conv is a convolution without bias and the BatchNorm behind it.
func (r resNet) conv(x, conv, norm string, stride int) string {
	shape := r.shapes[conv+".weight"]
	side, pad := shape[2], shape[2]/2
	weight, bias := r.folded(conv, norm)
	return r.Node("Conv", []onnx.Attribute{
		{Name: "kernel_shape", Value: []int{side, side}},
		{Name: "strides", Value: []int{stride, stride}},
		{Name: "pads", Value: []int{pad, pad, pad, pad}},
	}, x, r.Floats(conv+".weight", shape, weight), r.Floats(conv+".bias", shape[:1], bias))
}

// folded is the weight of a convolution that does what its BatchNorm would, and its bias.
func (n network) folded(conv, norm string) (weight, bias []float32) {
	weight = slices.Clone(n.weights[conv+".weight"])
	out := n.shapes[conv+".weight"][0]
	part := func(name string, i int) float64 { return float64(n.weights[norm+"."+name][i]) }
	each := len(weight) / out
	for i := range out {
		gain := part("weight", i) / math.Sqrt(part("running_var", i)+nn.BatchNormEps)
		bias = append(bias, float32(part("bias", i)-part("running_mean", i)*gain))
		for j := range each {
			weight[i*each+j] = float32(float64(weight[i*each+j]) * gain)
		}
	}
	return weight, bias
}
