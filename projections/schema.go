package projections

import (
	"context"
	"database/sql"
	"fmt"
)

// schemaVersion is the PRAGMA user_version of the files that this binary writes and reads. Any change of the tables, or of
// what stands in them, raises it: an older file is then rebuilt from the journal, a newer one refused.
const schemaVersion = 5

// schema is the whole read model. All of it is written by package projections alone and can be deleted.
//
// Times are microseconds since 1970 in UTC; stated dates their ISO text. "visible" is the position from which a row
// counts: the last part of its command. Tables of states are append-only: the state as at position P is the row with the
// greatest visible <= P, and the current one is the same with P at the end.
const schema = `
CREATE TABLE progress (            -- one row: how far the streams are projected
  id       INTEGER PRIMARY KEY CHECK (id = 1),
  position INTEGER NOT NULL,       -- last event whose effect is in the tables
  leaf     BLOB    NOT NULL,       -- its leaf hash: another journal under the same name is noticed
  texts    INTEGER NOT NULL,       -- last sequence of the text stream
  events   INTEGER NOT NULL        -- rows of timeline
) STRICT;

CREATE TABLE histories (           -- one row a plan, and _people: the end of its history, and its line in the list of plans
  plan     TEXT PRIMARY KEY,
  position INTEGER NOT NULL,       -- its last event, counting parts of commands not complete
  planseq  INTEGER NOT NULL,
  leaf     BLOB    NOT NULL,
  version  INTEGER NOT NULL,       -- planseq of the last entry that counts
  changed  INTEGER NOT NULL,       -- time of recording of the last entry that counts
  items    INTEGER NOT NULL,
  counts   TEXT    NOT NULL        -- JSON: items by meaning in the first dimension
) STRICT, WITHOUT ROWID;

CREATE TABLE pending (             -- parts of commands whose last part has not come: re-read from the journal at start
  position INTEGER PRIMARY KEY,
  plan     TEXT NOT NULL
) STRICT;

CREATE TABLE timeline (            -- one row an event that counts
  position  INTEGER PRIMARY KEY,
  visible   INTEGER NOT NULL,
  plan      TEXT    NOT NULL,
  planseq   INTEGER NOT NULL,
  item      TEXT,
  ref       INTEGER,               -- items.ref of the item
  event     TEXT    NOT NULL,
  type      TEXT    NOT NULL,
  stated    TEXT    NOT NULL,
  recorded  INTEGER NOT NULL,
  actor     TEXT    NOT NULL,
  kind      TEXT    NOT NULL,
  role      TEXT    NOT NULL,
  behalf    TEXT    NOT NULL,
  authority TEXT,                  -- JSON
  command   TEXT    NOT NULL,
  lookup    INTEGER NOT NULL,      -- 64 bits of a hash of plan and command: a far smaller index than their text would need
  texts     INTEGER NOT NULL,      -- how many texts the event came with
  data      TEXT    NOT NULL,      -- JSON without texts
  leaf      BLOB    NOT NULL,
  corrects  TEXT                   -- the event that this one corrects
) STRICT;
CREATE TABLE items (               -- one row an item, never changed
  ref     INTEGER PRIMARY KEY,     -- position of the event that added it
  plan    TEXT    NOT NULL,
  item    TEXT    NOT NULL,
  visible INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX items_plan ON items (plan, item);

CREATE TABLE item_states (         -- the item after each command that touched it
  n       INTEGER PRIMARY KEY,     -- position of the last event of the command about the item
  ref     INTEGER NOT NULL,
  visible INTEGER NOT NULL,
  state   TEXT    NOT NULL         -- JSON of domain.Item
) STRICT;
CREATE UNIQUE INDEX item_states_at ON item_states (ref, visible);

CREATE TABLE plan_states (
  plan    TEXT    NOT NULL,
  visible INTEGER NOT NULL,
  state   TEXT    NOT NULL,        -- JSON of domain.PlanState
  PRIMARY KEY (plan, visible)
) STRICT, WITHOUT ROWID;

CREATE TABLE request_states (
  plan    TEXT    NOT NULL,
  request TEXT    NOT NULL,
  visible INTEGER NOT NULL,
  state   TEXT    NOT NULL,        -- JSON of domain.Request
  PRIMARY KEY (plan, request, visible)
) STRICT, WITHOUT ROWID;

CREATE TABLE resolutions (
  plan       TEXT    NOT NULL,
  position   INTEGER NOT NULL,
  resolution TEXT    NOT NULL,
  visible    INTEGER NOT NULL,
  PRIMARY KEY (plan, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE holds (               -- one row a hold set or released
  plan     TEXT    NOT NULL,
  position INTEGER NOT NULL,
  hold     TEXT    NOT NULL,
  visible  INTEGER NOT NULL,
  released INTEGER NOT NULL,       -- 1: this event releases it
  PRIMARY KEY (plan, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE erasures (            -- one row a text whose erasing was asked for
  event     TEXT    NOT NULL,
  name      TEXT    NOT NULL,
  plan      TEXT    NOT NULL,
  entry     INTEGER NOT NULL,      -- position of the event
  requested INTEGER NOT NULL,      -- position of the request
  request   TEXT    NOT NULL,      -- its event
  visible   INTEGER NOT NULL,
  completed INTEGER NOT NULL,      -- position of the completion, 0 before it
  PRIMARY KEY (event, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE tiles (               -- the hashes of the history's Merkle tree (c2sp.org/tlog-tiles)
  level  INTEGER NOT NULL,
  n      INTEGER NOT NULL,
  width  INTEGER NOT NULL,         -- less than 256 in the last tile of a level
  hashes BLOB    NOT NULL,
  PRIMARY KEY (level, n)
) STRICT;

CREATE TABLE persons (
  person  TEXT PRIMARY KEY,
  kind    TEXT    NOT NULL,
  since   INTEGER NOT NULL,        -- position of the registration
  named   TEXT    NOT NULL,        -- event that carries the name
  gone    INTEGER NOT NULL         -- 1: left
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
  token   TEXT PRIMARY KEY,
  person  TEXT    NOT NULL,
  role    TEXT    NOT NULL,
  sha256  TEXT    NOT NULL,
  expires TEXT    NOT NULL,
  plans   TEXT    NOT NULL,        -- JSON: the only plans that it opens; null: all
  revoked INTEGER NOT NULL,
  issued  INTEGER NOT NULL         -- position
) STRICT, WITHOUT ROWID;

CREATE TABLE texts (               -- erasable: nothing else holds the words
  id    INTEGER PRIMARY KEY,       -- sequence in the text stream * 16 + place of the name
  event TEXT NOT NULL,
  name  TEXT NOT NULL,
  value TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX texts_event ON texts (event, name);

INSERT INTO progress (id, position, leaf, texts, events) VALUES (1, 0, x'', 0, 0);
`

// indexes are those of the timeline, on which nothing that is written depends. A rebuild makes them at its end, by sorting:
// without them 200,000 events took 3.4 s to project, with them 10 s.
//
// There is none by the time of recording: times never go back within a plan, so the index by number serves (see
// snapshot.position).
const indexes = `
CREATE INDEX timeline_order ON timeline (visible);
CREATE INDEX timeline_plan ON timeline (plan, visible);
CREATE UNIQUE INDEX timeline_number ON timeline (plan, planseq);
CREATE INDEX timeline_item ON timeline (ref, visible) WHERE ref IS NOT NULL;
CREATE UNIQUE INDEX timeline_event ON timeline (event);
CREATE INDEX timeline_command ON timeline (lookup);
CREATE INDEX timeline_actor ON timeline (actor, visible);
CREATE INDEX timeline_type ON timeline (type, visible);
CREATE INDEX timeline_corrects ON timeline (corrects) WHERE corrects IS NOT NULL;

CREATE VIRTUAL TABLE texts_fts USING fts5 (value, content='texts', content_rowid='id', columnsize=0, tokenize="porter unicode61 remove_diacritics 2");
INSERT INTO texts_fts (texts_fts, rank) VALUES ('secure-delete', 1);
INSERT INTO texts_fts (texts_fts) VALUES ('rebuild');
CREATE TRIGGER texts_added AFTER INSERT ON texts BEGIN
  INSERT INTO texts_fts (rowid, value) VALUES (new.id, new.value);
END;
CREATE TRIGGER texts_moved AFTER UPDATE ON texts BEGIN
  INSERT INTO texts_fts (texts_fts, rowid, value) VALUES ('delete', old.id, old.value);
  INSERT INTO texts_fts (rowid, value) VALUES (new.id, new.value);
END;
CREATE TRIGGER texts_erased AFTER DELETE ON texts BEGIN
  INSERT INTO texts_fts (texts_fts, rowid, value) VALUES ('delete', old.id, old.value);
END;
`

// tables are all tables whose rows must come out the same from every way of building them.
var tables = []string{"progress", "histories", "pending", "timeline", "items", "item_states", "plan_states",
	"request_states", "resolutions", "holds", "erasures", "tiles", "persons", "tokens", "texts"}

// create makes the tables, and the rest of what is given, in an empty file. It is one transaction: after a crash the file is
// empty or complete.
func create(ctx context.Context, db *sql.DB, statements string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, statements); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", schemaVersion)); err != nil {
		return err
	}
	return tx.Commit()
}

func readVersion(ctx context.Context, db *sql.DB) (version int, err error) {
	return version, db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version)
}
