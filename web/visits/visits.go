// Package visits keeps who looked at what: which plan, item, file or bundle, and when. It is no part of the history, which
// says what happened to plans and not who read them, and it is forgotten after a time.
//
// Format: a file a day in one folder, 2026-11-22.jsonl, by the UTC date; a line a visit, JSON as [Visit] has it, oldest
// first. No words of a question are kept, only what it was about. A line that can't be read is one that a crash tore, and
// is passed over. Beside them the file "keep" says for how many days they are kept, as a number and a line feed, so that all
// who open the folder keep to it; without it they are kept for [DefaultDays]. A later version adds members; nothing is renamed.
package visits

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"plantrail/domain"
)

// What was done.
const (
	Viewed   = "viewed"
	Exported = "exported"
	Searched = "searched"
	Evidence = "took evidence"
	Bundle   = "took a bundle"
)

// Visit is one look at something.
type Visit struct {
	At    time.Time      `json:"at"`
	Actor domain.ActorID `json:"actor"`
	Role  domain.Role    `json:"role"`
	Did   string         `json:"did" doc:"viewed, exported, searched, took evidence, took a bundle"`
	Plan  domain.PlanID  `json:"plan,omitempty"`
	Of    string         `json:"of,omitempty" doc:"the item, entry, file or report; of several plans, the question"`
}

// Query asks for visits; zero fields do not filter. From and To are days, both of them included.
type Query struct {
	Plan     domain.PlanID
	Actor    domain.ActorID
	From, To string
	After    string // cursor of an earlier page
	Limit    int
}

// DefaultDays is for how many days visits are kept where nobody said otherwise, MostDays the most that can be said: ten years.
const (
	DefaultDays = 400
	MostDays    = 3660
)

const (
	dayLimit = 16 << 20 // bytes a day: beyond them nothing more is kept that day
	again    = time.Minute
)

// Log is safe for many goroutines of the one process that has the folder.
type Log struct {
	dir  string
	keep int // days
	now  func() time.Time

	mu     sync.Mutex
	day    string
	file   *os.File
	size   int64
	lately map[Visit]time.Time // by what, without the time
}

// Open opens the log in a folder, which it makes. With days it keeps visits for so many from now on, and says so in the folder;
// with 0 it keeps to what the folder says. What is older is forgotten.
func Open(dir string, days int, now func() time.Time) (*Log, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	l := &Log{dir: dir, now: now, lately: map[Visit]time.Time{}}
	if err := l.settle(days); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l, l.turn(now().UTC().Format(time.DateOnly))
}

// settle finds out for how long visits are kept.
func (l *Log) settle(days int) error {
	name := filepath.Join(l.dir, "keep")
	switch {
	case days < 0 || days > MostDays:
		return domain.Errorf(domain.Invalid, "access-days", "visits can't be kept for %d days", days).WithHint(fmt.Sprintf("say 1 to %d", MostDays))
	case days > 0:
		l.keep = days
		return os.WriteFile(name, []byte(strconv.Itoa(days)+"\n"), 0o600)
	}
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		l.keep = DefaultDays
		return nil
	}
	if err == nil {
		l.keep, err = strconv.Atoi(strings.TrimSpace(string(b)))
	}
	if err != nil || l.keep < 1 || l.keep > MostDays { // a folder that may be wrong forgets nothing
		return errors.Join(fmt.Errorf("%s does not say for how many days: write a number into it", name), err)
	}
	return nil
}

// Days is for how many days visits are kept.
func (l *Log) Days() int { return l.keep }

// oldest is the first day that is kept.
func (l *Log) oldest() string { return l.now().UTC().AddDate(0, 0, -l.keep).Format(time.DateOnly) }

// Note keeps a visit, unless the same person did the same within the last minute: a page asks several questions. When Note
// returns the line is with the operating system: a crash of this process loses none, one of the machine may lose the last.
func (l *Log) Note(v Visit) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now().UTC()
	v.At = time.Time{}
	if last, ok := l.lately[v]; ok && now.Sub(last) < again && !now.Before(last) {
		return nil
	}
	if len(l.lately) > 10_000 {
		clear(l.lately)
	}
	l.lately[v] = now
	if day := now.Format(time.DateOnly); day != l.day {
		if err := l.turn(day); err != nil {
			return err
		}
	}
	v.At = now.Truncate(time.Millisecond)
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	if l.size+int64(len(line)) > dayLimit {
		return fmt.Errorf("more visits today than are kept, %d bytes", dayLimit)
	}
	n, err := l.file.Write(line)
	l.size += int64(n)
	return err
}

// turn begins a day's file and deletes those that are too old.
func (l *Log) turn(day string) error {
	if l.file != nil {
		_ = l.file.Close() // its lines are written
	}
	f, err := os.OpenFile(l.name(day), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	l.file, l.day, l.size = f, day, info.Size()
	if last := make([]byte, 1); l.size > 0 {
		if _, err := f.ReadAt(last, l.size-1); err == nil && last[0] != '\n' {
			n, err := f.Write([]byte{'\n'}) // the last line was torn by a crash: the next one begins anew
			if l.size += int64(n); err != nil {
				return err
			}
		}
	}
	days, err := l.days()
	oldest := l.oldest()
	for _, d := range days {
		if d < oldest {
			err = errors.Join(err, os.Remove(l.name(d)))
		}
	}
	return err
}

func (l *Log) name(day string) string { return filepath.Join(l.dir, day+".jsonl") }

// days lists the days of which there is a file, newest first.
func (l *Log) days() (all []string, _ error) {
	entries, err := os.ReadDir(l.dir)
	for _, e := range entries {
		day, ok := strings.CutSuffix(e.Name(), ".jsonl")
		if _, err := time.Parse(time.DateOnly, day); ok && err == nil {
			all = append(all, day)
		}
	}
	slices.Sort(all)
	slices.Reverse(all)
	return all, err
}

// List answers visits, newest first, and the cursor of the page that follows, "" at the end. It reads a day at a time.
func (l *Log) List(q Query) (found []Visit, next string, err error) {
	found = []Visit{}
	day, line, err := parseCursor(q.After)
	if err != nil {
		return found, "", err
	}
	days, err := l.days()
	if err != nil {
		return found, "", err
	}
	for _, d := range days {
		if q.To != "" && d > q.To || q.From != "" && d < q.From || day != "" && d > day || d < l.oldest() {
			continue
		}
		all, err := l.read(d)
		if err != nil {
			return found, "", err
		}
		last := len(all)
		if d == day {
			last = min(last, line)
		}
		for i := last - 1; i >= 0; i-- {
			v := all[i]
			if v.Did == "" || q.Plan != "" && v.Plan != q.Plan || q.Actor != "" && v.Actor != q.Actor {
				continue
			}
			if len(found) == q.Limit {
				return found, d + "." + strconv.Itoa(i+1), nil
			}
			found = append(found, v)
		}
	}
	return found, "", nil
}

func parseCursor(s string) (day string, line int, err error) {
	if s == "" {
		return "", 0, nil
	}
	day, number, _ := strings.Cut(s, ".")
	line, err = strconv.Atoi(number)
	if _, bad := time.Parse(time.DateOnly, day); bad != nil || err != nil || line < 0 {
		return "", 0, domain.Errorf(domain.Invalid, "after", "this is not a cursor").WithHint("give the next of an earlier page, unchanged")
	}
	return day, line, nil
}

// read reads a day. A line that can't be read is an empty visit, so that the numbers of lines stay.
func (l *Log) read(day string) (all []Visit, _ error) {
	b, err := os.ReadFile(l.name(day))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // it was deleted as too old in the meantime
	}
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var v Visit
		if json.Unmarshal(lines.Bytes(), &v) != nil {
			v = Visit{}
		}
		all = append(all, v)
	}
	return all, errors.Join(err, lines.Err())
}

// Close ends the log.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}
