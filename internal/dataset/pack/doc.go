// Package pack keeps the decoded images of a split in one file, which is mapped into memory, and
// what a killed decode leaves of one, from which the next goes on.
//
// Reading order: format.go (header, index and pixels, and who writes and checks them), file.go (a
// file that is there whole or not at all), room.go (whether its disk has room for it), memory.go
// (where there can be no file); partial.go (a file in the making), journal.go (what became of each
// image so far), claim.go (which process goes on); list.go (what there is in a folder).
package pack
