package pages

import (
	"fmt"
	"html/template"
	"strings"
	"time"
	"unicode/utf8"

	"plantrail/projections"
)

// picture is a plan's life: a strip of ratings for each item by month, and the same in figures.
type picture struct {
	SVG    template.HTML // made here, everything in it escaped
	Labels []string      // of the ratings, in the scheme's order, and "not rated"
	Months []monthCounts
}

type monthCounts struct {
	Name   string
	Counts []int
}

// Sizes of the picture in pixels, and the most months that it shows: beyond them the oldest are left out.
const (
	stripHeight = 20
	monthWidth  = 12
	labelWidth  = 300
	headHeight  = 28
	maxMonths   = 120
)

// month is a month's first instant.
func month(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC) }

// draw makes the picture of strips until now.
func draw(s projections.Strips, now time.Time) picture {
	first := month(now)
	any := false
	for _, it := range s.Items {
		for _, span := range it.Spans {
			if m := month(span.From); span.Value != "" && (!any || m.Before(first)) {
				first, any = m, true
			}
		}
	}
	if !any {
		return picture{}
	}
	var months []time.Time
	for m := first; !m.After(now); m = m.AddDate(0, 1, 0) {
		months = append(months, m)
	}
	if len(months) > maxMonths {
		months = months[len(months)-maxMonths:]
	}
	p := picture{SVG: template.HTML(svg(s, months))} // svg escapes what it writes
	p.count(s, months)
	return p
}

// at is the span that held at the end of a month; nil while there was none.
func at(it projections.Strip, m time.Time) *projections.StripSpan {
	var held *projections.StripSpan
	end := m.AddDate(0, 1, 0)
	for i := range it.Spans {
		if it.Spans[i].From.Before(end) {
			held = &it.Spans[i]
		}
	}
	return held
}

func (p *picture) count(s projections.Strips, months []time.Time) {
	place := map[string]int{}
	for i, v := range s.Dimension.Scheme.Values {
		place[v.Key] = i
		p.Labels = append(p.Labels, v.Label)
	}
	p.Labels = append(p.Labels, "not rated", "ended")
	for i := len(months) - 1; i >= 0; i-- {
		c := monthCounts{months[i].Format("January 2006"), make([]int, len(p.Labels))}
		for _, it := range s.Items {
			held := at(it, months[i])
			if held == nil {
				continue // it was not there yet
			}
			where, rated := place[held.Value]
			switch {
			case held.Ended != "":
				where = len(p.Labels) - 1
			case !rated:
				where = len(p.Labels) - 2
			}
			c.Counts[where]++
		}
		p.Months = append(p.Months, c)
	}
}

func svg(s projections.Strips, months []time.Time) string {
	var b strings.Builder
	width, height := labelWidth+len(months)*monthWidth+8, headHeight+len(s.Items)*stripHeight+8
	fmt.Fprintf(&b, `<svg class="picture" xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="group" aria-label="Ratings of %d items over %d months">`,
		width, height, width, height, len(s.Items), len(months))
	for i, m := range months {
		if m.Month() == time.January || i == 0 {
			fmt.Fprintf(&b, `<text x="%d" y="18">%d</text>`, labelWidth+i*monthWidth, m.Year())
		}
	}
	for n, it := range s.Items {
		y := headHeight + n*stripHeight
		fmt.Fprintf(&b, `<text x="0" y="%d">%s</text>`, y+14, template.HTMLEscapeString(label(it)))
		strip(&b, s, it, months, y)
	}
	b.WriteString("</svg>")
	return b.String()
}

// label is an item's name beside its strip, as long as the room there is.
func label(it projections.Strip) string {
	name := strings.TrimSpace(it.Ref + " " + words(it.Aim))
	if utf8.RuneCountInString(name) > 42 {
		name = string([]rune(name)[:41]) + "…"
	}
	return name
}

// strip draws runs of months that one rating held, each a link to the entry that set it.
func strip(b *strings.Builder, s projections.Strips, it projections.Strip, months []time.Time, y int) {
	for from := 0; from < len(months); {
		held := at(it, months[from])
		to := from + 1
		for to < len(months) && at(it, months[to]) == held {
			to++
		}
		if held != nil && held.Value != "" {
			words := held.Label + " from " + held.From.Format("2 January 2006")
			if held.Ended != "" {
				words = spaced(held.Ended) + " (" + held.Label + ") from " + held.From.Format("2 January 2006")
			}
			x, w := labelWidth+from*monthWidth, (to-from)*monthWidth-1
			fmt.Fprintf(b, `<a href="%s"><title>%s: %s</title><rect class="m-%s" x="%d" y="%d" width="%d" height="%d"%s/><text class="mark" x="%d" y="%d" aria-hidden="true">%s</text></a>`,
				template.HTMLEscapeString(path("plans", string(s.Plan), "entries", fmt.Sprint(held.Entry))), template.HTMLEscapeString(label(it)), template.HTMLEscapeString(words),
				known(held.Colour), x, y, w, stripHeight-2, faded(held), x+6, y+13, shapes[held.Shape])
		}
		from = to
	}
}

// faded draws what has ended with less weight.
func faded(s *projections.StripSpan) string {
	if s.Ended != "" {
		return ` fill-opacity="0.35"`
	}
	return ""
}
