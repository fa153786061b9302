package pages

import (
	"encoding/json"
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"plantrail/domain"
	"plantrail/projections"
)

// funcs are what templates can say.
var funcs = template.FuncMap{
	"day":       day,
	"moment":    moment,
	"since":     func(d domain.Date) string { return d.Words() },
	"who":       who,
	"words":     words,
	"spaced":    spaced,
	"shape":     func(name string) string { return shapes[name] },
	"colour":    func(name string) string { return "rating--" + known(name) },
	"authority": (*domain.Authority).Words,
	"link":      func(segments ...any) string { return path(texts(segments)...) },
	"setquery":  setQuery,
	"unrated":   func(counts map[domain.Meaning]int) int { return counts[""] },
	"lines":     func(s string) []string { return strings.Split(s, "\n") },
	"pretty":    pretty,
	"count":     count,
	"add":       func(a, b int) int { return a + b },
	"dict":      dict,
	"asset":     func(name string) string { return assets()[name].address },
	"newkey":    newKey,
	"may":       func(role, right domain.Role) bool { return role.Covers(right) },
	"bytes":     byteCount,
	"later":     later,
	"big":       func(n int) int64 { return int64(n) },
	"int":       func(p domain.Position) int { return int(p) },
}

// flashes are what a page says of what was just done; the address names them, so that nobody else's words get onto the page.
var flashes = map[string]string{
	"recorded": "It is recorded.",
	"repeat":   "It had been recorded before; nothing was added.",
	"imported": "The paper is recorded.",
	"nothing":  "There was nothing new to record.",
}

var shapes = map[string]string{"diamond": "◆", "triangle": "▲", "circle": "●", "square": "■", "ring": "○", "star": "★", "cross": "✕", "bar": "▬"}

// colours that the style sheet knows. A scheme may have others: they are shown by word and shape.
var colours = map[string]bool{"red": true, "amber": true, "green": true, "blue": true, "grey": true, "black": true, "purple": true, "yellow": true, "white": true}

func known(colour string) string {
	if colours[colour] {
		return colour
	}
	return "plain"
}

func day(d domain.Date) string { return d.Words() }

func moment(t time.Time) string { return t.UTC().Format("2 January 2006 at 15:04 UTC") }

// who names an actor: the registered name, or the id that it stands for.
func who(w projections.Who) string {
	name := w.Name
	if name == "" {
		name = string(w.ID)
	}
	if w.OnBehalfOf != "" {
		name += " for " + w.OnBehalfOf
	}
	return name
}

// words shows a text, or what became of it.
func words(w any) string {
	switch w := w.(type) {
	case projections.Words:
		return erasable(w)
	case *projections.Words:
		if w != nil {
			return erasable(*w)
		}
	case *projections.Statement:
		if w != nil {
			return erasable(w.Words)
		}
	case projections.Statement:
		return erasable(w.Words)
	}
	return ""
}

func erasable(w projections.Words) string {
	switch {
	case w.ErasedBy != nil:
		s := "[erased on " + w.ErasedBy.RecordedAt.Format("2 January 2006")
		if w.ErasedBy.Authority != nil {
			s += " under " + w.ErasedBy.Authority.Body
		}
		return s + "]"
	case w.Erased:
		return "[this text is lost]"
	}
	return w.Text
}

func spaced(s any) string {
	return strings.NewReplacer("_", " ", "-", " ").Replace(fmt.Sprint(s))
}

func texts(all []any) []string {
	out := make([]string, len(all))
	for i, x := range all {
		out[i] = fmt.Sprint(x)
	}
	return out
}

// setQuery is an address with a parameter set to another value; an empty value takes it away.
func setQuery(address, name, value string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	q := u.Query()
	q.Del("done")
	q.Del(name)
	if value != "" {
		q.Set(name, value)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

func pretty(raw json.RawMessage) string {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return string(raw)
	}
	b, _ := json.MarshalIndent(v, "", "  ") // it was JSON
	return string(b)
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// dict makes a map of pairs, for templates that take more than one thing.
func dict(pairs ...any) map[string]any {
	m := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return m
}

// newKey names a command that a form will give: sent twice, it is one command.
func newKey() string { return uuid.Must(uuid.NewV7()).String() }

// byteCount is a size for people.
func byteCount(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%d kB", n>>10)
	}
	return count(int(n), "byte", "bytes")
}
