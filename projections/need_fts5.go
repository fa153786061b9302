//go:build !sqlite_fts5

package projections

// Search needs SQLite's full-text index, which the driver compiles only with the tag sqlite_fts5. Without it everything
// would build and fail at run time, so the build fails here, naming the remedy.
var _ = build_with_GOFLAGS_tags_sqlite_fts5_sqlite_omit_load_extension
