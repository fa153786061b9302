package projectionstest

import (
	"fmt"
	"strings"
	"testing"

	"plantrail/domain"
)

// group is a command of several events while its lines are read.
type group struct {
	plan  domain.PlanID
	lines []string
}

// Draw makes a source of the lines of a text; a line that makes no sense fails the test.
func Draw(t testing.TB, text string) *Source {
	t.Helper()
	s := NewSource()
	s.Draw(t, text)
	return s
}

// Draw records the events that lines of text describe:
//
//	open PLAN "title"                              PLAN close "reason"
//	PLAN add ITEM "title" [due=D] [owner="words"] [parent=ITEM] [ref=R] [kind=K] [start=D]
//	PLAN reword|suspend|resume|cancel ITEM "words" ["reason"]
//	PLAN move ITEM PARENT "reason"                 PLAN owner ITEM "words" "reason"
//	PLAN due ITEM D "reason"                       (the first sets, later ones move)
//	PLAN rate ITEM VALUE ["justification"] [same=ITEM]   (the same value affirms)
//	PLAN justify|progress ITEM "words"             PLAN outcome ITEM RESULT "words"
//	PLAN request ID ITEM|- "words" [asked="words"] PLAN answer ID "words"
//	PLAN resolve ID "printed"                      PLAN correct NUMBER FIELD "to" "reason"
//	PLAN meeting ID "body" D                       PLAN paper MEETING (as the plan stands)
//	PLAN attach ID ITEM "title" [file=NAME] [sha256=HEX]  PLAN withdraw ID ITEM "reason"
//	PLAN erase NUMBER FIELD "reason" [item=ITEM]   PLAN erased NUMBER FIELD [item=ITEM] (NUMBER is a position)
//	PLAN hold|release ID "reason"
//	PLAN ask ITEM D "reason"                       PLAN approve|deny ITEM "reason" (of what was asked)
//	PLAN waive|claim|verify|refuse|accept|reopen ITEM "words"
//	PLAN supersede ITEM BY "reason"                PLAN carry ITEM PLAN "reason"
//	PLAN link|unlink ITEM RELATION ITEM ["reason"] PLAN respond ITEM RESPONSE "words"
//	PLAN measure ITEM BETTER TARGET ["reason"] [unit=U] [baseline=N]   PLAN read ITEM N ["words"]
//	PLAN scheme|policy ID "reason"                 PLAN adopt VERSION "reason"
//	PLAN challenge ID ITEM VALUE "words" [asked="words"]   PLAN drop ID "reason" [item=ITEM]
//	PLAN minutes MEETING "words"                   PLAN answered FINDING RULE "words"
//	people register|rename ID "name"               people leave ID
//	people token ID PERSON ROLE                    people revoke ID
//	begin PLAN ... end: the lines are parts of one command; ... cut: its last part never comes; void PLAN voids it
//
// Any line may end in @DATE (stated), by=ACTOR, body="words" (authority) and command=ID. A line beginning with # is a comment.
func (s *Source) Draw(t testing.TB, text string) {
	t.Helper()
	s.drawing.Lock()
	defer s.drawing.Unlock()
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := s.line(line); err != nil {
			t.Fatalf("drawing line %d: %s: %v", n+1, line, err)
		}
	}
}

func (s *Source) line(line string) error {
	w, err := split(line)
	if err != nil {
		return err
	}
	switch w.words[0] {
	case "begin":
		s.open = &group{plan: domain.PlanID(w.words[1])}
		return nil
	case "end", "cut":
		return s.group(w.words[0] == "cut")
	}
	if s.open != nil {
		s.open.lines = append(s.open.lines, line)
		return nil
	}
	return s.one(w, Line{})
}

func (s *Source) group(cut bool) error {
	g := s.open
	s.open = nil
	s.commands++
	l := Line{Command: domain.CommandID(fmt.Sprintf("g-%d", s.commands)), Parts: len(g.lines)}
	if cut {
		l.Parts++
	}
	// A part is decided against its plan as it will be after the parts before it.
	ahead := domain.NewHistory(g.plan)
	for _, r := range s.events {
		if r.Plan == g.plan {
			ahead.Apply(r)
		}
	}
	for i, line := range g.lines {
		w, err := split(line)
		if err != nil {
			return err
		}
		e, err := event(ahead, &w)
		if err != nil {
			return err
		}
		l.Part = i + 1
		r := s.Add(w.line(l), e)
		r.Part, r.Parts = 1, 1
		ahead.Apply(r)
	}
	return nil
}

// Finish records a line as the last part of the command of a plan that was cut.
func (s *Source) Finish(t testing.TB, plan domain.PlanID, line string) {
	t.Helper()
	pending := s.History(plan).Pending()
	w, err := split(line)
	if err != nil || len(pending) == 0 {
		t.Fatalf("finishing %s: %v, %d parts pending", plan, err, len(pending))
	}
	e, err := event(s.History(plan), &w)
	if err != nil {
		t.Fatal(err)
	}
	first := pending[0]
	s.Add(w.line(Line{Command: first.Command, Part: first.Parts, Parts: first.Parts}), e)
}

func (s *Source) one(w words, l Line) error {
	h := s.History(w.plan())
	if w.words[0] == "void" {
		pending := h.Pending()
		if len(pending) == 0 {
			return fmt.Errorf("nothing to void")
		}
		s.Add(w.line(l), &domain.CommandVoided{Command: pending[0].Command, Parts: len(pending)})
		return nil
	}
	e, err := event(h, &w)
	if err == nil {
		s.Add(w.line(l), e)
	}
	return err
}

// words are a line taken apart: plain and quoted words in order, and key=value pairs.
type words struct {
	words  []string
	extras map[string]string
}

func split(line string) (w words, err error) {
	w.extras = map[string]string{}
	for rest := line; rest != ""; rest = strings.TrimSpace(rest) {
		var word, key string
		if i := strings.IndexAny(rest, "= \""); i > 0 && rest[i] == '=' {
			key, rest = rest[:i], rest[i+1:]
		}
		if strings.HasPrefix(rest, `"`) {
			end := strings.Index(rest[1:], `"`)
			if end < 0 {
				return w, fmt.Errorf("a quote is not closed")
			}
			word, rest = rest[1:end+1], rest[end+2:]
		} else {
			word, rest, _ = strings.Cut(rest, " ")
		}
		switch {
		case key != "":
			w.extras[key] = word
		case strings.HasPrefix(word, "@"):
			w.extras["@"] = word[1:]
		default:
			w.words = append(w.words, word)
		}
	}
	return w, nil
}

func (w *words) plan() domain.PlanID {
	switch w.words[0] {
	case "people":
		return domain.People
	case "open", "void":
		return domain.PlanID(w.at(1))
	}
	return domain.PlanID(w.words[0])
}

func (w *words) at(i int) string {
	if i < len(w.words) {
		return w.words[i]
	}
	return ""
}

func (w *words) text(i int) domain.Text { return domain.Text(w.at(i)) }

func (w *words) line(l Line) Line {
	l.Plan, l.Actor = w.plan(), domain.ActorID(w.extras["by"])
	if d, err := domain.ParseDate(w.extras["@"]); err == nil {
		l.Stated = d
	}
	if body := w.extras["body"]; body != "" {
		l.Authority = &domain.Authority{Body: body}
	}
	if c := w.extras["command"]; c != "" {
		l.Command = domain.CommandID(c)
	}
	return l
}
