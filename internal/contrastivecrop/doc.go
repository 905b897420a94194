// Package contrastivecrop chooses where the two views of an image are cropped (ContrastiveCrop,
// arXiv 2202.03278, as CMAE uses it): an encoder's heat map says where the object is, its box
// bounds the centre of the crops, and a Beta distribution pushes the two crops apart inside it.
// Plain numbers in, plain numbers out: whoever runs the encoder brings the heat maps here.
//
// Letters: g grid side in patches, N = g*g patches, k threshold, alpha of Beta(alpha,alpha).
//
// Reading order: config.go (settings and schedule), box.go (heat map to box), threshold.go (what is
// hot), boxes.go (one box an image, refreshed now and then), sample.go (box to crop).
package contrastivecrop
