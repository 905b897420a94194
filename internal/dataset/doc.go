// Package dataset turns folders of images into a set to train on, and one to evaluate on where
// there is one, all encoded alike: 8-bit RGB, or data.channels of another number, rows top down,
// pixels interleaved.
//
// Reading order: config.go (what a user may ask; channels.go, how many channels), data.go (Open,
// the whole way), console.go (the same in sight of a person), set.go (what comes out); source.go (a
// split before decoding), links.go, walk.go, names.go and leftout.go (files at any depth, behind
// links, of any name, and those not taken), detect.go (which format), splits.go and beside.go
// (which folder is which split, and what lies beside them) and the readers: tinyimagenet.go,
// imagefolder.go, labels.go (with labelfile.go, the list, splitguess.go, whether it has splits,
// catalogue.go, whom it names, and classes.go, the classes; what learns from labels takes
// labelled.go's part), cifar.go, idx.go, embedded.go, planar.go; limit.go (class-balanced subset
// and hold-out); decode.go and shrink.go (one file to an image: package imagefile reads it, package
// eightbit makes channels of it), scan.go, queue.go, substitute.go (parallel decoding in order and
// in bounded memory, what to do with bad files), takes.go (whether images have as many channels),
// conversion.go (what an encoder must find unchanged of all this); cache.go (in which file of
// package pack the images are kept), fill.go (what goes into it), space.go (how much room it
// takes); plain.go (a folder of images without labels, as a split or for whoever only looks at
// them), evaluation.go and cut.go (what data lacks to evaluate on it, and what an evaluation sees
// of an image); channelstats.go (mean and deviation of channels); verify.go and report.go (what a
// set holds, and what is wrong with it), errors.go (faults of the data).
//
// Decisions:
//   - Decoding happens once: the pixels lie in one packed file a split, mapped into memory, so that
//     an epoch costs no decoding and a set larger than memory still works. The file is found by
//     folder and options and believed by its key, a hash of every file's name, size, time and mode,
//     the options, the Go version and the decoders' version.
//   - Images keep their own size. With image_size S, images whose shorter side is above 2*S are
//     stored with a shorter side of 2*S, area-averaged: a random resized crop of scale .25 or more
//     still samples down, and ImageNet-sized sets stay bounded. Pretraining on smaller crops stores
//     S/sqrt(scale_min), or data.store_side.
//   - A folder without train/ whose images all lie in two folders or more has these for classes,
//     else none. It is refused where a name looks like a split's: test images must not be trained
//     on by mistake.
//   - A list of labels goes before folders of classes: someone wrote it. An image without a label
//     is trained on without one, and no evaluation sees it.
//   - A split that cannot be evaluated on stops an evaluation, not training.
//   - Links to folders are followed after all else, and no folder is read twice, so that they may
//     lead back.
//   - Photos are turned the right way up, as their tag says, unless data.exif_orientation is off;
//     an animation gives its first frame, a file of pages the first.
//   - Samples of more than 8 bits are stretched between black and white of the whole set
//     (data.range), so that images stay comparable.
//   - Nothing outside the data folder is read (os.Root) but by the links that data.links allows,
//     nothing but regular files is opened, and no header is believed before its pixel count passed
//     the cap.
package dataset
