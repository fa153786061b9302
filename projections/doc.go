// Package projections builds SQLite read models from the history: the current plan, the timeline, as-at, search,
// requests, commands, people. All of it can be deleted: it is rebuilt from the journal.
package projections
