package projections

import (
	"context"
	"maps"
	"slices"

	"plantrail/domain"
)

// namesPerRecord bounds the names of texts in one event; a text's id is its record's sequence times this, plus its place.
const namesPerRecord = 16

// text gathers the rows of one record of the text stream, in the order of the names.
func (f *fold) text(t TextRecord) {
	if t.Sequence <= f.at.texts {
		return // delivered twice
	}
	f.at.texts = t.Sequence
	for i, name := range slices.Sorted(maps.Keys(t.Texts)) {
		if f.erased[textKey{t.Event, name}] {
			continue // it is about to be destroyed in the journal too
		}
		id := int64(t.Sequence*namesPerRecord) + int64(min(i, namesPerRecord-1))
		f.texts.add(id, string(t.Event), name, t.Texts[name])
	}
}

func (f *fold) flushTexts(upto uint64) error {
	f.at.texts = max(f.at.texts, upto)
	if err := f.writer.flush(f.texts); err != nil {
		return err
	}
	_, err := f.conn.ExecContext(f.ctx, "UPDATE progress SET texts = ?", int64(f.at.texts))
	return err
}

// EraseText removes one text of an event with its entry in the search index, overwriting both on disk. What has been
// erased from the text stream does not come back with a rebuild. Erasing what is not there is no error.
//
// The write-ahead log is emptied too: pages with the words lie in it until then. While a reader needs it, the answer is
// Unavailable, and it is to be tried again before anybody says that the text is gone.
func (db *DB) EraseText(ctx context.Context, event domain.EventID, name string) error {
	db.rebuild.Lock() // or the file that a rebuild is making would keep the words
	defer db.rebuild.Unlock()
	db.writing.Lock()
	defer db.writing.Unlock()
	defer db.shelf.forget()
	f := db.currentFile()
	_, err := f.erase.ExecContext(ctx, "DELETE FROM texts WHERE event = ? AND name = ?", string(event), name)
	if err != nil {
		return err
	}
	busy, err := emptyLog(ctx, f.erase)
	if busy && err == nil {
		err = domain.Errorf(domain.Unavailable, "", "a question being answered still holds the erased text's page").WithHint("try again in a moment")
	}
	return err
}
