package main

import (
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/term"
)

// screen is how text for people is written to an output.
type screen struct {
	terminal bool
	colour   bool
	width    int // columns
}

const (
	usualWidth = 100
	leastWidth = 60
)

// screenOf finds out what an output is. Colour only goes to a terminal, and not where NO_COLOR is set (no-color.org).
func screenOf(w io.Writer) screen {
	s := screen{width: usualWidth}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		s.terminal = true
		s.colour = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
		if wide, _, err := term.GetSize(int(f.Fd())); err == nil && wide > 0 {
			s.width = wide
		}
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 && !s.terminal {
		s.width = n
	}
	s.width = max(s.width, leastWidth)
	return s
}

// clean makes text that somebody typed safe to show on a terminal: control characters, which could move the cursor,
// change colours or set the title, and marks that turn the direction of writing become "�". Line ends stay.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r), r == '\u2028', r == '\u2029':
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(s, string(unicode.ReplacementChar)))
}

// oneLine is clean text on one line.
func oneLine(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

// shorten cuts a text to n columns on one line.
func shorten(s string, n int) string {
	s = oneLine(s)
	if columns(s) <= n {
		return s
	}
	runes := []rune(s)
	return strings.TrimRight(string(runes[:min(max(n-1, 0), len(runes))]), " ") + "…"
}

// columns is how wide a text is on a terminal: marks that combine take no room.
func columns(s string) int {
	n := 0
	for _, r := range s {
		if !unicode.Is(unicode.Mn, r) {
			n++
		}
	}
	return n
}

// The colours of rating schemes, as terminals know them. What is not here is written without colour.
var ansi = map[string]string{"red": "31", "amber": "33", "green": "32", "blue": "34", "grey": "90"}

// The shapes of rating schemes: a rating is never told by its colour alone.
var shapes = map[string]string{"circle": "●", "triangle": "▲", "square": "■", "diamond": "◆", "ring": "○", "star": "★"}

func (s screen) paint(colour, text string) string {
	code, known := ansi[colour]
	if !s.colour || !known || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s screen) bold(text string) string {
	if !s.colour || text == "" {
		return text
	}
	return "\x1b[1m" + text + "\x1b[0m"
}

// wrap breaks text into lines of at most n columns, at spaces where it can. The text's own line ends stay.
func wrap(text string, n int) []string {
	n = max(n, 1)
	var lines []string
	for paragraph := range strings.SplitSeq(clean(text), "\n") {
		lines = append(lines, wrapWords(strings.Fields(paragraph), n)...)
	}
	return lines
}

func wrapWords(words []string, n int) []string {
	line, lines := "", []string(nil)
	for _, w := range words {
		for columns(w) > n { // a word longer than the line is cut
			if line != "" {
				lines, line = append(lines, line), ""
			}
			runes := []rune(w)
			lines, w = append(lines, string(runes[:n])), string(runes[n:])
		}
		switch {
		case line == "":
			line = w
		case columns(line)+1+columns(w) <= n:
			line += " " + w
		default:
			lines, line = append(lines, line), w
		}
	}
	return append(lines, line)
}
