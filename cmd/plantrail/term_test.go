package main

import (
	"bytes"
	"strings"
	"testing"
	"unicode"
)

func TestCleanTakesPowerFromUntrustedText(t *testing.T) {
	for typed, want := range map[string]string{
		"plain words":            "plain words",
		"\x1b[31mred\x1b[0m":     "�[31mred�[0m",
		"\x1b]0;title\x07":       "�]0;title�",
		"two\r\nlines":           "two�\nlines",
		"tab\there":              "tab here",
		"\u009b2J":               "�2J",
		"\u202eevil\u2066":       "�evil�",
		"zero\u200bwidth\ufeff":  "zero�width�",
		"bad\xffutf8":            "bad�utf8",
		"accents: é, ü, ń, Ỹ, 漢": "accents: é, ü, ń, Ỹ, 漢",
		"line\u2028separator":    "line�separator",
		"delete\x7f backspace\b": "delete� backspace�",
	} {
		if got := clean(typed); got != want {
			t.Errorf("clean(%q) = %q, want %q", typed, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("\x1b[2J\u202e")
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range clean(s) {
			if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
				t.Fatalf("clean(%q) lets %U through", s, r)
			}
		}
		if strings.ContainsAny(oneLine(s), "\n\r") {
			t.Fatalf("oneLine(%q) has more than one line", s)
		}
	})
}

func TestTablesKeepToTheScreenAndTellRatingsWithoutColour(t *testing.T) {
	words := strings.Repeat("a reason that goes on ", 12) + strings.Repeat("x", 90)
	for _, s := range []screen{{width: 60}, {width: 80, colour: true}, {width: 200}} {
		table := newTable("Item", "~Aim", "Rating", "~Reason", "Empty")
		table.add(plain("item-01"), plain("Homes \x1b[5mare warm"), cell{"▲ Amber", "amber"}, plain(words), plain(""))
		var out bytes.Buffer
		table.write(&out, s)
		text := out.String()
		if strings.Contains(text, "Empty") {
			t.Error("an empty column is shown")
		}
		if got := strings.Contains(text, "\x1b[33m▲ Amber\x1b[0m"); got != s.colour {
			t.Errorf("painted: %v, want %v", got, s.colour)
		}
		if strings.Contains(text, "\x1b[5m") {
			t.Error("a typed escape sequence reached the terminal")
		}
		for line := range strings.Lines(text) {
			if n := columns(strings.TrimRight(stripped(line), "\n")); n > s.width {
				t.Errorf("a line of %d columns on a screen of %d: %q", n, s.width, line)
			}
		}
	}
}

func stripped(s string) string {
	return strings.NewReplacer("\x1b[33m", "", "\x1b[1m", "", "\x1b[0m", "").Replace(s)
}

func TestShellWord(t *testing.T) {
	for word, want := range map[string]string{
		"paper.txt": "paper.txt", "my paper.txt": "'my paper.txt'", "it's": `'it'\''s'`, "$(rm)": "'$(rm)'", "": "''", "due:2,due:3": "due:2,due:3",
	} {
		if got := shellWord(word); got != want {
			t.Errorf("shellWord(%q) = %s, want %s", word, got, want)
		}
	}
}

func TestPathsNeverBecomeOtherRoutes(t *testing.T) {
	for part, want := range map[string]string{"..": "/v1/plans/%22..%22", "": "/v1/plans/%22%22", "a/b": "/v1/plans/a%2Fb", "a?b#c": "/v1/plans/a%3Fb%23c"} {
		if got := path("plans", part); got != want {
			t.Errorf("path(%q) = %s, want %s", part, got, want)
		}
	}
}
