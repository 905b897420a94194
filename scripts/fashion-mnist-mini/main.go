// Fashion-mnist-mini makes the set that is embedded in cmae: of each class of Fashion-MNIST the
// first 500 training and the first 100 test images, in their order. The same input and Go version
// give the same bytes.
//
//	go run ./scripts/fashion-mnist-mini /usr/share/datasets/fashion-mnist internal/dataset/fashion
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

const (
	numClasses  = 10
	pixels      = 28 * 28
	imageHeader = 16 // bytes of an IDX header of rank 3
	labelHeader = 8  // and of rank 1
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "fashion-mnist-mini:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: fashion-mnist-mini FROM TO")
	}
	return errors.Join(
		subset(args[0], args[1], "train", 500),
		subset(args[0], args[1], "t10k", 100),
	)
}

// subset copies the first perClass images of every class of one split.
func subset(from, to, split string, perClass int) error {
	imageFile, labelFile := split+"-images-idx3-ubyte.gz", split+"-labels-idx1-ubyte.gz"
	images, err := unzip(filepath.Join(from, imageFile))
	if err != nil {
		return err
	}
	labels, err := unzip(filepath.Join(from, labelFile))
	if err != nil {
		return err
	}
	if len(labels) < labelHeader || len(images) != imageHeader+(len(labels)-labelHeader)*pixels {
		return fmt.Errorf("%s: images and labels do not match", split)
	}
	keptImages, keptLabels := bytes.Clone(images[:imageHeader]), bytes.Clone(labels[:labelHeader])
	var taken [numClasses]int
	for i, label := range labels[labelHeader:] {
		if int(label) < numClasses && taken[label] < perClass {
			taken[label]++
			keptImages = append(keptImages, images[imageHeader+i*pixels:][:pixels]...)
			keptLabels = append(keptLabels, label)
		}
	}
	count := uint32(len(keptLabels) - labelHeader)
	if count != uint32(numClasses*perClass) {
		return fmt.Errorf("%s: found %d images, want %d of each class", split, count, perClass)
	}
	binary.BigEndian.PutUint32(keptImages[4:], count) // the first size, after the magic
	binary.BigEndian.PutUint32(keptLabels[4:], count)
	return errors.Join(
		zip(filepath.Join(to, imageFile), keptImages),
		zip(filepath.Join(to, labelFile), keptLabels),
	)
}

func unzip(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	zipped, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(zipped)
}

// zip writes no name and no time, so that equal data makes equal files.
func zip(path string, data []byte) error {
	var out bytes.Buffer
	zipped, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := zipped.Write(data); err != nil {
		return err
	}
	if err := zipped.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, out.Bytes(), 0o644)
}
