package pages

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"plantrail/domain"
	"plantrail/projections"
)

// picture is a plan's life: a strip of ratings for each item by month, how many items had which rating, and that in figures.
type picture struct {
	SVG    template.HTML // made here, everything in it escaped
	Totals template.HTML
	Labels []string // of the ratings, in the scheme's order, and "not rated"
	Months []monthCounts
}

type monthCounts struct {
	Name   string
	Counts []int
}

// Sizes of the picture in pixels, and the most months that it shows: beyond them the oldest are left out. The style sheet
// has a class for each number of months.
const (
	stripHeight  = 20
	monthWidth   = 12
	labelWidth   = 300
	headHeight   = 28
	totalsHeight = 120
	maxMonths    = 120
)

// month is a month's first instant.
func month(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC) }

// monthsBetween is how many months one day's month is after another's.
func monthsBetween(first, t time.Time) int {
	return (t.Year()-first.Year())*12 + int(t.Month()) - int(first.Month())
}

// lives are the items of a picture: what held at the end of each month, nil while there was nothing.
type lives struct {
	projections.Strips
	months []time.Time
	held   [][]*projections.StripSpan // by item and month
}

// live arranges strips by month, from the first rating until a day.
func liveBy(s projections.Strips, until time.Time) lives {
	until = until.UTC()
	first, any := month(until), false
	for _, it := range s.Items {
		for _, span := range it.Spans {
			if m := month(span.From.UTC()); span.Value != "" && (!any || m.Before(first)) {
				first, any = m, true
			}
		}
	}
	l := lives{Strips: s}
	if !any {
		return l
	}
	if n := monthsBetween(first, until) + 1; n > maxMonths {
		first = first.AddDate(0, n-maxMonths, 0)
	}
	for m := first; !m.After(until); m = m.AddDate(0, 1, 0) {
		l.months = append(l.months, m)
	}
	for _, it := range s.Items {
		row := make([]*projections.StripSpan, len(l.months))
		for i := range it.Spans {
			for m := max(0, monthsBetween(first, it.Spans[i].From.UTC())); m < len(row); m++ {
				row[m] = &it.Spans[i]
			}
		}
		l.held = append(l.held, row)
	}
	return l
}

// draw makes the picture of strips until a day.
func draw(s projections.Strips, until time.Time) (p picture) {
	l := liveBy(s, until)
	if len(l.months) == 0 {
		return p
	}
	p.count(l)
	p.SVG, p.Totals = template.HTML(l.svg()), template.HTML(p.totals(l)) // both escape what they write
	return p
}

func (p *picture) count(l lives) {
	place := map[string]int{}
	for i, v := range l.Dimension.Scheme.Values {
		place[v.Key] = i
		p.Labels = append(p.Labels, v.Label)
	}
	p.Labels = append(p.Labels, "not rated", "ended")
	for i := len(l.months) - 1; i >= 0; i-- {
		c := monthCounts{l.months[i].Format("January 2006"), make([]int, len(p.Labels))}
		for n := range l.Items {
			held := l.held[n][i]
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

// svg draws the strips. A link of SVG needs a shape, a place and a title, three elements that name what they are about; a
// hundred items over five years are two thousand links, half a megabyte. So the rows are HTML within the drawing: a cell is
// one link whose words are its name, and the style sheet makes its colour, mark and width of two short classes.
func (l *lives) svg() string {
	var b strings.Builder
	width, height := labelWidth+len(l.months)*monthWidth+8, headHeight+len(l.Items)*stripHeight+8
	fmt.Fprintf(&b, `<svg class="picture" xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="group" aria-label="Ratings of %d items over %d months">`,
		width, height, len(l.Items), len(l.months))
	years(&b, l.months, labelWidth, height)
	fmt.Fprintf(&b, `<foreignObject y="%d" width="%d" height="%d"><div class="rows">`, headHeight, width, height-headHeight)
	for n, it := range l.Items {
		b.WriteString("<div><b>" + template.HTMLEscapeString(label(it)) + "</b>")
		cells(&b, l.held[n])
		b.WriteString("</div>\n")
	}
	b.WriteString("</div></foreignObject></svg>")
	return b.String()
}

// years writes the years above the months, each with a line down to the ground.
func years(b *strings.Builder, months []time.Time, x0, height int) {
	for i, m := range months {
		if m.Month() == time.January || i == 0 {
			fmt.Fprintf(b, `<text x="%d" y="18">%d</text>`, x0+i*monthWidth, m.Year())
		}
		if m.Month() == time.January && i > 0 {
			fmt.Fprintf(b, `<path class="year" d="M%d 22V%d"/>`, x0+i*monthWidth, height)
		}
	}
}

// label is an item's name beside its strip, as long as the room there is.
func label(it projections.Strip) string {
	name := strings.TrimSpace(it.Ref + " " + words(it.Aim))
	if utf8.RuneCountInString(name) > 42 {
		name = string([]rune(name)[:41]) + "…"
	}
	return name
}

// cells draws runs of months that one rating held, each a link to the entry that set it.
func cells(b *strings.Builder, held []*projections.StripSpan) {
	for from := 0; from < len(held); {
		span, to := held[from], from+1
		for to < len(held) && held[to] == span {
			to++
		}
		if months := strconv.Itoa(to - from); span == nil || span.Value == "" {
			if to < len(held) {
				b.WriteString("<i class=w" + months + "></i>")
			}
		} else {
			b.WriteString("<a href=?e=" + strconv.FormatUint(span.Entry, 10) + ` class="` + look(span) + " w" + months)
			if span.Ended != "" {
				b.WriteString(` z">` + template.HTMLEscapeString(spaced(span.Ended)) + ", last ")
			} else {
				b.WriteString(`">`)
			}
			b.WriteString(template.HTMLEscapeString(span.Label) + "</a>")
		}
		from = to
	}
}

// Letters by which the style sheet knows a colour and a shape. An "o" stands for one that it does not know.
var (
	colourLetters = map[string]string{"red": "r", "amber": "a", "yellow": "a", "green": "g", "blue": "b", "grey": "y", "black": "y", "purple": "y", "white": "y"}
	shapeLetters  = map[string]string{"diamond": "d", "triangle": "t", "circle": "c", "square": "s", "ring": "n", "star": "x", "cross": "e", "bar": "b"}
)

func look(span *projections.StripSpan) string {
	letter := func(of map[string]string, name string) string {
		if l, ok := of[name]; ok {
			return l
		}
		return "o"
	}
	return letter(colourLetters, span.Colour) + letter(shapeLetters, span.Shape)
}

// totals draws how many items had which rating at the end of each month, the first rating of the key on top.
func (p *picture) totals(l lives) string {
	var b strings.Builder
	width, height := len(l.months)*monthWidth+8, headHeight+totalsHeight+8
	fmt.Fprintf(&b, `<svg class="picture" xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img" aria-label="How many of %d items had which rating at the end of each month; the table has the figures">`,
		width, height, len(l.Items))
	years(&b, l.months, 0, height)
	ground := make([]float64, len(l.months)) // where the next bar stands, from the ground up
	for v := len(p.Labels) - 1; v >= 0; v-- {
		colour := "plain"
		if v < len(l.Dimension.Scheme.Values) {
			colour = known(l.Dimension.Scheme.Values[v].Colour)
		} else if v == len(p.Labels)-1 {
			colour = "ended"
		}
		bars := ""
		for m := range l.months {
			if n := p.Months[len(l.months)-1-m].Counts[v]; n > 0 {
				tall := float64(n) * totalsHeight / float64(len(l.Items))
				bars += fmt.Sprintf("M%d %.4gh11v%.3gh-11z", m*monthWidth, float64(headHeight+totalsHeight)-ground[m]-tall, tall)
				ground[m] += tall
			}
		}
		if bars != "" {
			fmt.Fprintf(&b, `<path class="m-%s" d="%s"/>`, colour, bars)
		}
	}
	b.WriteString("</svg>")
	return b.String()
}

// relabel gives strips the words of a plan's items as they are now. False: an item of the strips is not among them.
func relabel(s *projections.Strips, p projections.PlanView) bool {
	titles := make(map[domain.ItemID]projections.Words, len(p.Items))
	for _, it := range p.Items {
		titles[it.Item] = it.Title
	}
	items := make([]projections.Strip, len(s.Items))
	for i, it := range s.Items {
		title, there := titles[it.Item]
		if !there {
			return false
		}
		items[i] = it
		items[i].Aim = title
	}
	s.Items = items
	return true
}
