package feeds

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"plantrail/domain"
)

// A cursor says how far a subscriber has read. To the subscriber it is opaque; it is the unpadded base64url form of
//
//	1 byte   version, 1
//	8 bytes  position, big-endian
//	8 bytes  beginning of the leaf hash at the position
//	8 bytes  … at the last multiple of 256 at or before it (zeros before the first)
//	8 bytes  … at the last multiple of 65,536
//	16 bytes beginning of the SHA-256 of a key and the bytes before; the key is HMAC-SHA256, keyed by the journal's identity,
//	         of organisation and subscriber (what is hashed has one length, so that nothing can be appended to it)
//
// So it holds in every process of the organisation, after restarts, rebuilds and a restore, which keeps the identity, and
// nowhere else. The leaf hashes notice a history that is not the one the subscriber read, shorter or other, and tell how
// far the two agree. The seal is no secret's guard: whoever could forge a cursor would read nothing that they may not read
// by beginning anew. Another form would have another version, and be understood beside this one.
const (
	cursorVersion = 1
	cursorBody    = 1 + 8 + 3*8
	cursorTag     = 16
)

// The distances of the marks that a cursor carries.
const (
	near = 256
	far  = 65536
)

// print is the beginning of a leaf hash.
type print [8]byte

func printOf(h domain.Hash) print { return print(h[:8]) }

func leafHash(body []byte) domain.Hash {
	h := sha256.New()
	h.Write([]byte{0})
	h.Write(body)
	return domain.Hash(h.Sum(nil))
}

// mark is a place in the history together with what lies there.
type mark struct {
	at              domain.Position
	leaf, near, far print
}

// step moves the mark on to the next event.
func (m *mark) step(at domain.Position, leaf domain.Hash) {
	m.at, m.leaf = at, printOf(leaf)
	if at%near == 0 {
		m.near = m.leaf
	}
	if at%far == 0 {
		m.far = m.leaf
	}
}

// Reset says that a cursor can't be followed: the history is not the one in which it was given. Up to Good the subscriber's
// copy is still right; what it has beyond must be dropped and read anew from there.
type Reset struct {
	At   domain.Position // where the cursor was; 0 when that can't be said
	Good domain.Position
	why  string
}

// Error is a sentence for people.
func (e *Reset) Error() string { return e.Unwrap().Error() }

// Unwrap is the same as a domain error.
func (e *Reset) Unwrap() error {
	return &domain.Error{Kind: domain.Conflict, Field: "after", Message: e.why, Expected: uint64(e.At), Actual: uint64(e.Good),
		Hint: fmt.Sprintf("drop what came after position %d and go on with from=%d", e.Good, e.Good)}
}

var cursorForm = base64.RawURLEncoding.Strict()

func (f *Feed) seal(subscriber string, body []byte) [cursorTag]byte {
	key, ok := f.sealKeys.Load(subscriber)
	if !ok {
		h := hmac.New(sha256.New, []byte("plantrail feed cursor 1\n"+f.cfg.Identity))
		fmt.Fprintf(h, "%d:%s%d:%s", len(f.cfg.Org), f.cfg.Org, len(subscriber), subscriber)
		key, _ = f.sealKeys.LoadOrStore(subscriber, h.Sum(nil))
	}
	var sealed [sha256.Size + cursorBody]byte
	copy(sealed[copy(sealed[:], key.([]byte)):], body)
	sum := sha256.Sum256(sealed[:])
	return [cursorTag]byte(sum[:])
}

// format writes the cursor of a mark for a subscriber.
func (f *Feed) format(m mark, subscriber string) string {
	return string(f.appendCursor(nil, m, subscriber))
}

func (f *Feed) appendCursor(dst []byte, m mark, subscriber string) []byte {
	var room [cursorBody + cursorTag]byte
	b := room[:0]
	b = append(b, cursorVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(m.at))
	b = append(append(append(b, m.leaf[:]...), m.near[:]...), m.far[:]...)
	tag := f.seal(subscriber, b)
	return cursorForm.AppendEncode(dst, append(b, tag[:]...))
}

// Cursor is the cursor of a position that the history has.
func (f *Feed) Cursor(ctx context.Context, at domain.Position, subscriber string) (string, error) {
	m, err := f.markAt(ctx, at)
	if err != nil {
		return "", err
	}
	return f.format(m, subscriber), nil
}

// parse reads a cursor and checks its seal, not yet whether the history still has what it saw.
func (f *Feed) parse(cursor, subscriber string) (m mark, err error) {
	b, err := cursorForm.DecodeString(cursor)
	if err != nil || len(b) != cursorBody+cursorTag {
		return m, domain.Errorf(domain.Invalid, "after", "this is not a cursor").WithHint("give one exactly as it was received, or from=0 to begin")
	}
	if tag := f.seal(subscriber, b[:cursorBody]); b[0] != cursorVersion || !hmac.Equal(b[cursorBody:], tag[:]) {
		return m, &Reset{why: "the cursor was not given for this history and this subscriber"}
	}
	m.at = domain.Position(binary.BigEndian.Uint64(b[1:]))
	copy(m.leaf[:], b[9:])
	copy(m.near[:], b[17:])
	copy(m.far[:], b[25:])
	return m, nil
}

// Resolve finds the position of a cursor, or says with a [Reset] how far its history and today's agree.
func (f *Feed) Resolve(ctx context.Context, cursor, subscriber string) (domain.Position, error) {
	m, err := f.parse(cursor, subscriber)
	if err != nil || m.at == 0 {
		return 0, err
	}
	end, err := f.cfg.Journal.End(ctx)
	if err != nil {
		return 0, err
	}
	for i, step := range []struct {
		at   domain.Position
		want print
	}{{m.at, m.leaf}, {m.at - m.at%near, m.near}, {m.at - m.at%far, m.far}, {0, print{}}} {
		has, err := f.holds(ctx, step.at, step.want, end)
		switch {
		case err != nil:
			return 0, err
		case has && i == 0:
			return m.at, nil
		case has:
			return 0, &Reset{At: m.at, Good: step.at, why: fmt.Sprintf("the history is not the one in which position %d was read: it was restored from a copy that ended earlier", m.at)}
		}
	}
	return 0, nil // position 0 is in every history
}

// holds reports whether the leaf at a position begins with a print.
func (f *Feed) holds(ctx context.Context, at domain.Position, want print, end domain.Position) (bool, error) {
	if at == 0 || at > end {
		return at == 0, nil
	}
	got, err := f.printAt(ctx, at)
	return got == want, err
}

// printAt is the print of the leaf at a position, from memory or from the journal.
func (f *Feed) printAt(ctx context.Context, at domain.Position) (print, error) {
	if at == 0 {
		return print{}, nil
	}
	if it, ok := f.remembered(at); ok {
		return printOf(it.Leaf), nil
	}
	body, err := f.cfg.Journal.Leaf(ctx, at)
	if err != nil {
		return print{}, err
	}
	return printOf(leafHash(body)), nil
}

// markAt is the mark of a position.
func (f *Feed) markAt(ctx context.Context, at domain.Position) (m mark, err error) {
	m.at = at
	if m.leaf, err = f.printAt(ctx, at); err != nil {
		return m, err
	}
	if m.near, err = f.printAt(ctx, at-at%near); err != nil {
		return m, err
	}
	m.far, err = f.printAt(ctx, at-at%far)
	return m, err
}
