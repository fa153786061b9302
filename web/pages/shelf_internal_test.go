package pages

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plantrail/domain"
)

// clock is a time that a test moves.
type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }

func names(all []shelved) string {
	var names []string
	for _, p := range all {
		names = append(names, p.Name)
	}
	return strings.Join(names, " ")
}

func TestAPaperSurvivesTheProcess(t *testing.T) {
	dir, c := filepath.Join(t.TempDir(), "papers"), &clock{time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	first := newShelf(dir, c.now)
	is, err := first.put("p-ann", "tracker\n<b>.csv", []byte("Action\nMend\n"))
	if err != nil {
		t.Fatal(err)
	}
	again := newShelf(dir, c.now)
	if name, file, there := again.take("p-ann", is); !there || name != "tracker\n<b>.csv" || string(file) != "Action\nMend\n" {
		t.Errorf("%v %q %q", there, name, file)
	}
	for who, sum := range map[domain.ActorID]string{"p-bob": is, "p-ann": "../" + is} {
		if _, _, there := again.take(who, sum); there {
			t.Errorf("%s has what is not theirs", who)
		}
	}
	lies := again.place("p-ann", is) + ".paper"
	whole := read(lies)
	for _, other := range []string{"", "{\"name\":\"tracker.csv\"}\nAction\n", "{\"name\":\"tracker.csv\"}\nAction\nBreak\n"} {
		if err := os.WriteFile(lies, []byte(other), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, there := again.take("p-ann", is); there {
			t.Errorf("%q is taken for the paper", other)
		}
	}
	if err := os.WriteFile(lies, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if len(again.of("p-ann")) != 1 || len(again.of("p-bob")) != 0 {
		t.Errorf("%v", again.of("p-ann"))
	}
	again.recorded("p-ann", is)
	again.recorded("p-ann", "../../"+is)
	if _, _, there := again.take("p-ann", is); !there || len(again.of("p-ann")) != 0 {
		t.Error("a paper that was recorded is offered, or can't be sent twice")
	}
	c.Time = c.Add(doneKept + time.Second)
	if _, _, there := again.take("p-ann", is); there {
		t.Error("it is still there")
	}
}

func TestAShelfIsBoundedAndPrivate(t *testing.T) {
	dir, c := filepath.Join(t.TempDir(), "papers"), &clock{time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	s := newShelf(dir, c.now)
	if _, err := s.put("p-bob", "b.csv", []byte("Bob's")); err != nil {
		t.Fatal(err)
	}
	for i := range papersEach + 2 {
		c.Time = c.Add(time.Second)
		if _, err := s.put("p-ann", fmt.Sprint(i), fmt.Append(nil, "paper ", i)); err != nil {
			t.Fatal(err)
		}
	}
	if got := names(s.of("p-ann")); got != "6 5 4 3 2" || len(s.of("p-bob")) != 1 {
		t.Errorf("%s", got)
	}
	_ = os.WriteFile(filepath.Join(dir, "x.part"), nil, 0o600) // of a process that ended meanwhile
	_ = os.Chtimes(filepath.Join(dir, "x.part"), c.Time, c.Time)
	_ = fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, _ error) error {
		if info, err := e.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("others can read %s: %v %v", name, info.Mode(), err)
		}
		return nil
	})
	c.Time = c.Add(paperKept + time.Hour)
	if left := newShelf(dir, c.now).of("p-ann"); len(left) != 0 {
		t.Errorf("%v", left)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("%v %v", left, err)
	}
}

// A paper that can't be kept can be recorded all the same: it is chosen again.
func TestNothingIsKeptWhereNothingCanBe(t *testing.T) {
	if _, err := newShelf("", time.Now).put("p-ann", "a", []byte("x")); err != errNoShelf {
		t.Error(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := newShelf(file, time.Now)
	if _, err := s.put("p-ann", "a", []byte("x")); err == nil {
		t.Error("kept in a file")
	}
	if all := s.of("p-ann"); len(all) != 0 {
		t.Errorf("%v", all)
	}
}
