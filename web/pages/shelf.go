package pages

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"

	"plantrail/domain"
)

// shelf keeps the papers that people have sent and not yet confirmed: a browser can't fill a file in again. They are files of
// the program's own user (0600) in a folder, so that a process which ends loses none. A paper is given back only to who brought
// it, by its SHA-256.
//
// A file is a line of JSON that names the paper, {"name":"tracker.xlsx"}, and the paper; version 2 would say so in that line. Its
// own name is made of who brought it and of the paper's SHA-256, and ends in .paper, or once it was recorded in .done. A
// crash while one is written leaves a .part, which the next sweep deletes.
type shelf struct {
	mu  sync.Mutex
	dir string // "": nothing is kept
	now func() time.Time
}

// Bounds of a shelf. What was recorded is kept a little, for whoever presses the button twice.
const (
	paperKept, doneKept = 24 * time.Hour, 30 * time.Minute
	papersEach          = 5
	shelfRoom           = 256 << 20
)

// shelved is a paper on the shelf.
type shelved struct {
	Name, SHA256 string
	Came         time.Time
	size         int64
	file         string
}

var (
	errNoShelf   = errors.New("papers are not kept here")
	errShelfFull = errors.New("too much is kept here already")
	shelfFile    = regexp.MustCompile(`^([0-9a-f]{16})-([0-9a-f]{64})\.(paper|done)$`)
)

func newShelf(dir string, now func() time.Time) *shelf {
	s := &shelf{dir: dir, now: now}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sweep()) > 0 {
		s.later()
	}
	return s
}

func (s *shelf) place(of domain.ActorID, sha256 string) string {
	return filepath.Join(s.dir, owner(of)+"-"+sha256)
}

func digest(file []byte) string {
	sum := sha256.Sum256(file)
	return hex.EncodeToString(sum[:])
}

func owner(of domain.ActorID) string {
	sum := sha256.Sum256([]byte(of))
	return hex.EncodeToString(sum[:8])
}

// put keeps a paper. Of one person's papers the oldest makes room; others' never do.
func (s *shelf) put(of domain.ActorID, name string, file []byte) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dir == "" {
		return "", errNoShelf
	}
	is := digest(file)
	own, used := []shelved{}, int64(len(file))
	for _, p := range s.sweep() {
		if used += p.size; p.SHA256 != is && filepath.Base(p.file)[:16] == owner(of) {
			own = append(own, p)
		}
	}
	for ; len(own) > 0 && (len(own) >= papersEach || used > shelfRoom); own = own[1:] {
		used -= own[0].size
		_ = os.Remove(own[0].file) // one that stays is counted again next time
	}
	if used > shelfRoom {
		return "", errShelfFull
	}
	head, _ := json.Marshal(map[string]string{"name": name}) // of a string: can't fail
	if err := s.write(s.place(of, is), slices.Concat(head, []byte("\n"), file)); err != nil {
		return "", err
	}
	s.later()
	return is, nil
}

// write puts a file there whole or not at all. It comes new for the sweep, also where it was there before.
func (s *shelf) write(place string, b []byte) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	part, err := os.CreateTemp(s.dir, "*.part") // mode 0600
	if err != nil {
		return err
	}
	_, err = part.Write(b)
	err = errors.Join(err, part.Close())
	if err == nil {
		err = errors.Join(os.Chtimes(part.Name(), s.now(), s.now()), os.Rename(part.Name(), place+".paper"))
	}
	if err != nil {
		_ = os.Remove(part.Name()) // the next sweep does otherwise
	}
	return err
}

// take gives somebody's own paper back. One that a crash tore or somebody altered is not it.
func (s *shelf) take(of domain.ActorID, sha256 string) (name string, file []byte, there bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.sweep() {
		if p.SHA256 == sha256 && filepath.Base(p.file)[:16] == owner(of) {
			head, file, _ := bytes.Cut(read(p.file), []byte("\n"))
			return nameIn(head), file, digest(file) == sha256
		}
	}
	return "", nil, false
}

func read(file string) []byte {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil // it is as if it were not there: choose the file again
	}
	return b
}

// head is the first line of a file alone: a paper may be large.
func head(file string) []byte {
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	line, _ := bufio.NewReader(f).ReadBytes('\n') // what can't be read names nothing
	return line
}

func nameIn(head []byte) string {
	var is struct{ Name string }
	_ = json.Unmarshal(head, &is) // a paper without a name is a paper
	return is.Name
}

// recorded says that a paper need not be offered any more.
func (s *shelf) recorded(of domain.ActorID, sha256 string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if place := s.place(of, sha256); s.dir != "" && shelfFile.MatchString(filepath.Base(place)+".paper") {
		_ = os.Rename(place+".paper", place+".done") // one that stays is offered again, and records nothing twice
		_ = os.Chtimes(place+".done", s.now(), s.now())
	}
}

// of lists somebody's papers that are not recorded, the newest first.
func (s *shelf) of(who domain.ActorID) (all []shelved) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.sweep() {
		if base := filepath.Base(p.file); base[:16] == owner(who) && filepath.Ext(base) == ".paper" {
			p.Name = nameIn(head(p.file))
			all = append(all, p)
		}
	}
	slices.Reverse(all)
	return all
}

// sweep deletes what has been here for its time and lists the rest, the oldest first.
func (s *shelf) sweep() (all []shelved) {
	if s.dir == "" {
		return nil
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil // nobody has brought anything yet
	}
	for _, e := range entries {
		is, file := shelfFile.FindStringSubmatch(e.Name()), filepath.Join(s.dir, e.Name())
		info, err := e.Info()
		if err != nil {
			continue // it went just now
		}
		keep := paperKept
		if is == nil || is[3] == "done" {
			keep = doneKept
		}
		if s.now().Sub(info.ModTime()) > keep {
			_ = os.Remove(file) // the next sweep tries again
		} else if is != nil {
			all = append(all, shelved{SHA256: is[2], Came: info.ModTime(), size: info.Size(), file: file})
		}
	}
	slices.SortFunc(all, func(a, b shelved) int { return cmp.Or(a.Came.Compare(b.Came), cmp.Compare(a.file, b.file)) })
	return all
}

// later sweeps when all that is here now will have been here for its time, also if nobody comes.
func (s *shelf) later() {
	time.AfterFunc(paperKept+time.Minute, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sweep()
	})
}
