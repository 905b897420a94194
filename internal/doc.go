// Package internal is cmae from image file to report. This page follows one training step through
// the packages in order; each package's own doc names its files in reading order. "Spec 1.7" in a
// comment is section 1, point 7 of docs/spec.md, which settles what the paper leaves open.
//
// A run begins in cmd/cmae, which reads settings (package config fills a recipe strictly) and calls
// pretrain.Pretrain, which has trainer.Run loop over its task; trainer/step.go is a step on one
// page. Below it:
//
//	dataset          decodes image files once, guarded, into a packed cache: a Set of images of
//	                 RGB or other channels, with labels where there are some: imagefile reads a
//	                 file, eightbit makes its channels, pack keeps them; surfaces and clutter draw
//	                 images with no file
//	contrastivecrop  says where an image is cropped: a box per image, sampled with its centre
//	                 suppressed
//	augment, loader  turn an image into two normalised views and mask noise, batches ahead of the
//	                 step; rng names every random draw
//	method           what is trained: its views, masks and terms, its graph, what it does between
//	                 steps; cmae with MAE, and moco, are folders of it
//	model            the networks of the graph: encoder, decoders, projector, ResNets, made of nn's
//	                 layers, made of op's operations
//	losses           the three terms on the graph's stages; Gorgonia differentiates their sum
//	graph            orders the nodes, shares their memory by liveness, executes them in the
//	                 caller's goroutine
//	exec             builds such a graph in every replica, feeds each its shard of the batch, reads
//	                 what all computed
//	comm             replicas, and the collectives by which they meet: where images depend on each
//	                 other, and to sum gradients; mpi joins the replicas of several processes
//	kernel           computes: the Engine contract, kernel/portable in Go, kernel/onednn and
//	                 kernel/xla (by pjrt) through libraries found at run time; backend lists them
//	                 and opens one, compose makes what an engine lacks, bfloat16 rounds on the host
//	optim            AdamW or SGD over named parameters, on the gradients that the graph left
//	trainer          the loop around all this for every command that trains: steps, epochs, resume,
//	                 how a run ends early, what it keeps of a step that is not finite
//	rundir           what a run leaves: its folder, who may write there, rows of metrics; track tells
//	                 TensorBoard, Prometheus and MLflow
//	checkpoint       the whole state under published names (safetensors), atomic, checksummed;
//	                 weights reads it back, or anybody's file
//	features         whole images through the encoder, for heat maps and evaluations
//	encoder          the one way to open an encoder: weights, settings, images, an engine, each when
//	                 it is needed
//	evaluate         what an encoder is worth: linear probe, kNN, crops by true boxes; finetune
//	                 trains the whole encoder with a classifier
//	predict          what images show, by a finetuned encoder's classifier or a linear probe's
//	atlas            a map of many images by their features, and the most similar ones
//	embed, exchange  features to files; encoders to and from the names that others use
//	atomicfile       writes a file whole or not at all, whoever writes it
//	report, picture  what a person sees: progress; reconstructions, attention, crops (picture, laid
//	                 out by canvas); a run over time (curves); chart draws what runs or cells have
//	                 against each other; runpage puts a run on one HTML page, made of page's blocks
//	ablate, summary  sweeps of runs; what a run will cost
//	verify           the same step on reference vectors of an independent implementation
//	system           locks, maps and rooms of files, the folder of caches: what Unix and Windows do
//	                 each in its own way
//	dl               opens shared libraries and calls them without cgo: those of onednn, pjrt, mpi
//	                 and dataset/heif
//	bench, doctor    the same step against the clock; what the machine can do, as package machine
//	                 reads it
//	rates            the same step at growing learning rates
//	proof            tests that kill, stop and starve the real binary
//
// Imports go downward only, as layers_test.go lists the packages; rng, kernel, system and dl
// import nothing of ours, contrastivecrop only rng, atomicfile only system, safetensors only
// atomicfile.
// docs/architecture.md has the drawing, the decisions with their reasons, and the words;
// docs/extending.md says where something new goes.
//
// Because nodes of a graph are created before their readers, the order of construction is the order
// of execution: a method decides what runs first by building it first, and the passes without
// gradient come first so that their memory is free again. Parameters are shared by all graphs of a
// run (nn.Params); a graph is made for one batch size.
//
// Tolerances of verify: see verify.Tolerance. Gradients that are zero by construction (a key's bias
// under softmax) are rounding on both sides; they are held against the gradient of the whole model,
// and AdamW's first step on them is only bounded. Where a step enlarges rounding (BatchNorm over
// two images), verify measures by how much before it allows more.
package internal
