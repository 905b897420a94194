package dataset

import (
	"embed"
	"io/fs"
)

// fashion is a class-balanced part of Fashion-MNIST (MIT licence, beside it): 5,000 images to train
// on and 1,000 to test, 28x28, made by scripts/fashion-mnist-mini.
//
//go:embed fashion/*
var fashion embed.FS

// readEmbedded reads it as any IDX folder.
func readEmbedded(channels int) (train, test *source, err error) {
	sub, err := fs.Sub(fashion, "fashion")
	if err != nil {
		return nil, nil, err
	}
	return readIDX(folder{files: sub, path: string(FashionMNISTMini)}, channels)
}
