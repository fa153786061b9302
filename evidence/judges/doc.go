// Package judges checks the evidence with code that we did not write: transparency-dev's Merkle library, formats and
// vectors, and tessera's fsck. It is a module of its own so that nothing of that gets into plantrail. Run it with
//
//	go -C evidence/judges test ./...
//
// The vectors of transparency-dev/merkle are in its repository but not in the released module, so that test reads them from the
// folder that MERKLE_VECTORS names (a checkout's testdata) and says so when it is not set.
package judges
