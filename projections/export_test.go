package projections

import (
	"context"
	"fmt"
	"strings"
)

// Dump gives every row of every table, for comparing two read models row for row.
func (db *DB) Dump(ctx context.Context) (rows []string, err error) {
	f := db.currentFile()
	for _, table := range tables {
		r, err := f.read.QueryContext(ctx, "SELECT * FROM "+table+" ORDER BY 1, 2")
		if err != nil {
			return nil, err
		}
		names, _ := r.Columns()
		for r.Next() {
			values, to := make([]any, len(names)), make([]any, len(names))
			for i := range values {
				to[i] = &values[i]
			}
			if err := r.Scan(to...); err != nil {
				return nil, err
			}
			line := []string{table}
			for i, v := range values {
				line = append(line, fmt.Sprintf("%s=%v", names[i], v))
			}
			rows = append(rows, strings.Join(line, " "))
		}
		if err := r.Err(); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// CheckIndexes asks SQLite whether its tables, indexes and the search index agree.
func (db *DB) CheckIndexes(ctx context.Context) error {
	f := db.currentFile()
	var answer string
	if err := f.read.QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&answer); err != nil || answer != "ok" {
		return fmt.Errorf("integrity check: %s %w", answer, err)
	}
	_, err := f.erase.ExecContext(ctx, "INSERT INTO texts_fts (texts_fts, rank) VALUES ('integrity-check', 1)")
	return err
}

// Path is the current SQLite file.
func (db *DB) Path() string { return db.currentFile().path }

// MatchExpression is the search expression made of what a user typed.
var MatchExpression = matchExpression

// SetVersion makes the file one of another schema.
func (db *DB) SetVersion(n int) error {
	_, err := db.currentFile().erase.Exec(fmt.Sprintf("PRAGMA user_version = %d", n))
	return err
}

// Hashless are options that keep no hashes, for a benchmark.
func Hashless() Options { return Options{hashless: true} }

// Exec changes the current file behind the projector's back.
func (db *DB) Exec(statement string, args ...any) error {
	_, err := db.currentFile().erase.Exec(statement, args...)
	return err
}

// SchemaVersion is part of the name of what benchmarks keep.
const SchemaVersion = schemaVersion
