package eventstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/nats-io/nuid"

	"plantrail/domain"
)

// Files of evidence lie in the NATS object store EVIDENCE_<org>, in its own form, so that any NATS tool reads them: the
// pieces of a file as messages under $O.EVIDENCE_<org>.C.<nuid>, and last a message under
// $O.EVIDENCE_<org>.M.<base64url of the name> that says how many there are:
//
//	{"name":"sdp/evidence-1","bucket":"EVIDENCE_acme","nuid":"…","size":70000,"chunks":1,
//	 "digest":"SHA-256=<base64url>","mtime":"0001-01-01T00:00:00Z","options":{"max_chunk_size":131072}}
//
// nats.go's own upload is not used: it sends that last message before it knows that all pieces are stored, so that a failed
// upload could be seen. Here each piece is sent on condition that the one before it is the last, and waited for.
type fileInfo struct {
	Name    string          `json:"name"`
	Bucket  string          `json:"bucket"`
	NUID    string          `json:"nuid"`
	Size    uint64          `json:"size"`
	Chunks  uint32          `json:"chunks"`
	Digest  string          `json:"digest,omitempty"`
	Deleted bool            `json:"deleted,omitempty"`
	MTime   time.Time       `json:"mtime"`
	Options json.RawMessage `json:"options,omitempty"`
}

const (
	pieceSize    = 128 << 10
	digestPrefix = "SHA-256="
)

var (
	pieceContent = []string{"application/octet-stream"}
	fileOptions  = fmt.Appendf(nil, `{"max_chunk_size":%d}`, pieceSize)
)

// EvidenceFile says what lies there under one name. Body is set only where a whole file is handed over, as to [Restore].
type EvidenceFile struct {
	Plan   domain.PlanID
	ID     domain.EvidenceID
	Size   int64
	SHA256 string // 64 hexadecimal digits
	Body   io.Reader
}

func (n names) pieceSubject(id string) string { return "$O." + n.bucket() + ".C." + id }

func (n names) fileSubject(name string) string {
	return "$O." + n.bucket() + ".M." + base64.URLEncoding.EncodeToString([]byte(name))
}

// fileName is the object's name; both parts are ids, so that it can't be mistaken.
func fileName(plan domain.PlanID, id domain.EvidenceID) (string, error) {
	if _, err := domain.ParsePlanID(string(plan)); err != nil {
		return "", err
	}
	if _, err := domain.ParsePlanID(string(id)); err != nil { // the same rule for every id
		return "", domain.Errorf(domain.Invalid, "evidence", "%q is not an id", cut(string(id), 80))
	}
	return string(plan) + "/" + string(id), nil
}

func cut(s string, n int) string { return s[:min(len(s), n)] }

// PutEvidence stores a file as it is read, at most limit bytes of it, and returns its digest, 64 hexadecimal digits, and
// size. Nothing can be seen of it before it is stored whole, nor after an error. The same file again under the same id is
// no error and stores nothing; another one is a Conflict, for an event may speak of the first: see [Store.RemoveEvidence].
func (s *Store) PutEvidence(ctx context.Context, plan domain.PlanID, id domain.EvidenceID, r io.Reader, limit int64) (sha string, size int64, err error) {
	name, err := fileName(plan, id)
	if err != nil {
		return "", 0, err
	}
	if err := s.enter(ctx); err != nil {
		return "", 0, err
	}
	defer s.leave()
	was, seq, err := s.fileInfo(ctx, name)
	if err != nil {
		return "", 0, err
	}
	info := fileInfo{Name: name, Bucket: s.names.bucket(), NUID: nuid.Next(), Options: fileOptions}
	err = s.putPieces(ctx, &info, r, limit)
	switch {
	case err != nil:
	case was != nil && was.Digest != info.Digest:
		err = domain.Errorf(domain.Conflict, "evidence", "another file lies under %s already", name).WithHint("give it another id")
	case was == nil:
		err = s.putFileInfo(info, seq)
	}
	if err != nil || was != nil {
		// A crash before this leaves pieces that no name speaks of: they can't be seen, and the sweep removes them.
		s.purgePieces(info.NUID)
	}
	if err != nil {
		return "", 0, err
	}
	return hexDigest(info.Digest), int64(info.Size), nil
}

// putPieces stores the content. Each piece is stored once, whatever becomes of its answers.
func (s *Store) putPieces(ctx context.Context, info *fileInfo, r io.Reader, limit int64) error {
	lane := newLane(&s.stats, false, s)
	hash, piece, last := sha256.New(), make([]byte, pieceSize), uint64(0)
	for {
		n, err := io.ReadFull(r, piece)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return domain.Errorf(domain.Invalid, "file", "it could not be read to its end").Because(err)
		}
		over := err != nil
		if ctx.Err() != nil {
			return domain.Errorf(domain.Unavailable, "", "the request was given up before the file was stored").Because(ctx.Err())
		}
		if info.Size += uint64(n); info.Size > uint64(max(0, limit)) {
			return domain.Errorf(domain.TooLarge, "file", "it has more than %d bytes", limit).WithHint("make it smaller or divide it")
		}
		if n > 0 {
			hash.Write(piece[:n])
			e := newEntry(s.patient(), []message{{subject: s.names.pieceSubject(info.NUID), guard: true, after: last,
				content: pieceContent, body: bytes.Clone(piece[:n])}})
			lane.put(e)
			if e.last == conflict && e.maybe {
				s.resolve(e, s.names.evidence())
			}
			if e.last != stored {
				return s.unavailable(e.err)
			}
			last = e.first
			info.Chunks++
		}
		if over {
			break
		}
	}
	if info.Size == 0 {
		return domain.Errorf(domain.Invalid, "file", "it is empty")
	}
	info.Digest = digestPrefix + base64.URLEncoding.EncodeToString(hash.Sum(nil))
	return nil
}

// putFileInfo makes a file visible, on condition that nobody else has done so since.
func (s *Store) putFileInfo(info fileInfo, after uint64) error {
	body, err := json.Marshal(info)
	if err != nil {
		return err
	}
	e := newEntry(s.patient(), []message{{subject: s.names.fileSubject(info.Name), guard: true, after: after, rollup: true,
		content: textsContent, body: body}})
	newLane(&s.stats, false, s).put(e)
	if e.last == conflict && e.maybe {
		s.resolve(e, s.names.evidence())
	}
	switch {
	case e.last == stored:
		s.stats.files.Add(1)
		return nil
	case e.last == conflict:
		return domain.Errorf(domain.Conflict, "evidence", "a file is being stored under %s at this moment", info.Name).WithHint("try again")
	case e.maybe:
		// Its pieces are taken away: should the name come to light after all, reading it says that it is not whole.
		return domain.Errorf(domain.Unavailable, "evidence", "the file was not stored").WithHint("try again").Because(s.because(e.err))
	}
	return s.unavailable(e.err)
}

// fileInfo reads what lies under a name, and the sequence of that message also where the file was removed.
func (s *Store) fileInfo(ctx context.Context, name string) (*fileInfo, uint64, error) {
	m, err := s.last(ctx, s.names.evidence(), s.names.fileSubject(name))
	if err != nil || m == nil {
		return nil, 0, err
	}
	info, err := readFileInfo(*m)
	if err != nil || info.Deleted {
		return nil, m.Seq, err
	}
	return &info, m.Seq, nil
}

func readFileInfo(m kept) (info fileInfo, err error) {
	if err := json.Unmarshal(m.Data, &info); err != nil || !info.Deleted && (!token(info.NUID) || hexDigest(info.Digest) == "") {
		return info, domain.Errorf(domain.Internal, "evidence", "message %d can't be read", m.Seq).Because(err)
	}
	return info, nil
}

func hexDigest(digest string) string {
	b, err := base64.URLEncoding.DecodeString(strings.TrimPrefix(digest, digestPrefix))
	if err != nil || len(b) != sha256.Size {
		return ""
	}
	return hex.EncodeToString(b)
}

// Evidence opens a file. What is read is not compared with its digest: the caller does, with the one that the event
// states. A file of which a piece is missing ends with an error, never early.
func (s *Store) Evidence(ctx context.Context, plan domain.PlanID, id domain.EvidenceID) (io.ReadCloser, int64, error) {
	name, err := fileName(plan, id)
	if err != nil {
		return nil, 0, err
	}
	info, seq, err := s.fileInfo(ctx, name)
	if err != nil {
		return nil, 0, err
	}
	if info == nil {
		return nil, 0, domain.Errorf(domain.NotFound, "evidence", "there is no file under %s", name)
	}
	next, stop := iter.Pull2(s.fetch(ctx, s.names.evidence(), s.names.pieceSubject(info.NUID), 1, seq))
	return &fileReader{name: name, left: info.Size, next: next, stop: stop}, int64(info.Size), nil
}

// fileReader reads the pieces of a file one after the other.
type fileReader struct {
	name string
	rest []byte
	left uint64
	next func() (kept, error, bool)
	stop func()
	err  error
}

func (f *fileReader) Read(p []byte) (int, error) {
	for len(f.rest) == 0 {
		if f.err != nil {
			return 0, f.err
		}
		m, err, ok := f.next()
		switch {
		case err != nil:
			f.err = err
		case !ok && f.left == 0:
			f.err = io.EOF
		case !ok || uint64(len(m.Data)) > f.left:
			f.err = domain.Errorf(domain.Internal, "evidence", "the file %s is not whole", f.name).
				WithHint(mend)
		default:
			f.rest, f.left = m.Data, f.left-uint64(len(m.Data))
		}
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

func (f *fileReader) Close() error { f.stop(); return nil }

// EvidenceFiles yields what lies in the object store, without the content, oldest first.
func (s *Store) EvidenceFiles(ctx context.Context) iter.Seq2[EvidenceFile, error] {
	return func(yield func(EvidenceFile, error) bool) {
		state, err := s.stream(ctx, s.names.evidence())
		if err != nil {
			yield(EvidenceFile{}, err)
			return
		}
		for m, err := range s.fetch(ctx, s.names.evidence(), "$O."+s.names.bucket()+".M.>", 1, state.Last) {
			var info fileInfo
			if err == nil {
				info, err = readFileInfo(m)
			}
			if err == nil && info.Deleted {
				continue
			}
			plan, id, _ := strings.Cut(info.Name, "/")
			f := EvidenceFile{Plan: domain.PlanID(plan), ID: domain.EvidenceID(id), Size: int64(info.Size), SHA256: hexDigest(info.Digest)}
			if !yield(f, err) || err != nil {
				return
			}
		}
	}
}

// RemoveEvidence takes a file away. It is for a file of which no event speaks, because its command was refused; the
// caller knows. One that is not there is no error.
func (s *Store) RemoveEvidence(ctx context.Context, plan domain.PlanID, id domain.EvidenceID) error {
	name, err := fileName(plan, id)
	if err != nil {
		return err
	}
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	info, seq, err := s.fileInfo(ctx, name)
	if err != nil || info == nil {
		return err
	}
	pieces := info.NUID
	info.Deleted, info.Size, info.Chunks, info.Digest = true, 0, 0, ""
	if err := s.putFileInfo(*info, seq); err != nil {
		return err
	}
	s.purgePieces(pieces)
	return nil
}

// purgePieces takes the pieces of an upload away. It goes on when nobody waits for it any more, and its failure only costs
// space: no name speaks of them.
func (s *Store) purgePieces(id string) {
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.Patience)
	defer cancel()
	req, _ := json.Marshal(map[string]string{"filter": s.names.pieceSubject(id)})
	var res struct {
		Error *apiError `json:"error"`
	}
	err := s.ask(ctx, "$JS.API.STREAM.PURGE."+s.names.evidence(), req, &res)
	if err == nil && res.Error != nil {
		err = res.Error
	}
	if err != nil {
		s.cfg.Logger.Warn("the pieces of a file that was not stored are left", "error", s.because(err))
	}
}
