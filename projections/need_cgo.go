//go:build !cgo

package projections

// The SQLite driver is C: with CGO_ENABLED=0 it would build into a stub that fails at run time.
var _ = build_with_CGO_ENABLED_1_and_a_C_compiler
