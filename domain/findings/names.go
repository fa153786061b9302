package findings

import (
	"regexp"
	"strings"
	"unicode"
)

var (
	between = regexp.MustCompile(`[;/,&\n+]|\s+and\s+`)
	nobody  = words("|tbc|tba|tbd|to be confirmed|to be advised|to be agreed|various|all|vacant|vacancy|unknown|none|n a|ongoing|not known|unallocated")
	// posts are words of posts and bodies: "Head of Children and Families" is one owner, not two.
	posts = words("director|directors|head|heads|manager|managers|officer|officers|lead|leads|team|teams|service|services|children|childrens|families|" +
		"board|committee|council|assistant|deputy|chief|executive|executives|finance|housing|education|health|social|care|adult|adults|school|schools|" +
		"quality|policy|performance|commissioning|strategy|strategic|corporate|group|partnership|chair|chairman|governance|audit|property|legal|" +
		"human|resources|hr|ict|it|digital|public|protection|safeguarding|learning|development|planning|operations|operational|support|early|help|" +
		"young|people|youth|justice|virtual|workforce|practice|improvement|independent|reviewing|secretary|clerk|leader|portfolio|holder|cabinet|" +
		"member|members|senior|principal|coordinator|caretaker|consultant|analyst|administrator|community|communities|environment|transport|culture|" +
		"leisure|regeneration|economy|economic|place|customer|customers|data|information|communications|of|for|the")
)

// unnamed reports whether an owner's words name nobody.
func unnamed(owner string) bool { return nobody[normal(owner)] }

// people counts the persons' names in an owner's words, initials too. Posts are none.
func people(owner string) int {
	n := 0
	for _, part := range between.Split(owner, -1) {
		if isName(strings.TrimSpace(part)) {
			n++
		}
	}
	return n
}

func isName(s string) bool {
	fields := strings.Fields(s)
	if len(fields) == 1 {
		return len(s) >= 2 && len(s) <= 3 && strings.ToUpper(s) == s && !posts[normal(s)] && allLetters(s) // initials
	}
	if len(fields) > 3 || len(fields) == 0 {
		return false
	}
	for _, f := range fields {
		if first := []rune(f)[0]; !unicode.IsUpper(first) || posts[normal(f)] {
			return false
		}
	}
	return true
}

func allLetters(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) }) < 0
}
