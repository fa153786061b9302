package web_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"plantrail/domain"
	"plantrail/evidence"
	"plantrail/feeds"
	"plantrail/web"
)

// token issues one and gives the header that shows it.
func (r *real) token(t *testing.T, body string) string {
	t.Helper()
	var issued web.IssuedToken
	if err := json.Unmarshal(r.must(t, 201, "POST", "/v1/tokens", body).Body.Bytes(), &issued); err != nil {
		t.Fatal(err)
	}
	return "Authorization: Bearer " + issued.Secret
}

// export reads a file of lines.
func (r *real) export(t *testing.T, query string, headers ...string) (lines []feeds.Line) {
	t.Helper()
	for line := range strings.Lines(r.must(t, 200, "GET", "/v1/events/export"+query, "", headers...).Body.String()) {
		l, err := feeds.ParseLine([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
	if len(lines) == 0 || !lines[len(lines)-1].End {
		t.Fatalf("%s was cut short", query)
	}
	return lines
}

// proved rebuilds the tree from a file's lines alone, and reports how many events it proves.
func proved(lines []feeds.Line) (events int, size int64, err error) {
	var tree evidence.Tree
	for _, l := range lines {
		switch {
		case l.End:
			c, err := evidence.ParseCheckpoint(l.Checkpoint[:strings.Index(l.Checkpoint, "\n\n")+1])
			if err == nil && (tree.Size() != c.Size || tree.Root() != c.Root || int64(l.Position) != c.Size) {
				err = fmt.Errorf("%d leaves, another root than that of the %d signed for", tree.Size(), c.Size)
			}
			return events, c.Size, err
		case len(l.Event) > 0:
			events++
			tree.Add(evidence.LeafHash(l.Event))
		default:
			if err := tree.AddSubtree(max(l.Leaves, 1), [32]byte(l.Hash)); err != nil {
				return 0, 0, err
			}
		}
		if tree.Size() != int64(l.Position) {
			return 0, 0, fmt.Errorf("position %d after %d leaves", l.Position, tree.Size())
		}
	}
	return 0, 0, fmt.Errorf("no end")
}

// Whatever was asked for, by whomever, the file proves what it holds, with few hashes for what it leaves out.
func TestAFilteredExportProvesItself(t *testing.T) {
	r := newReal(t)
	plans := []string{"a", "b", "c"}
	for _, p := range plans {
		r.must(t, 201, "POST", "/v1/plans/"+p+"/open-plan", `{"title":"Plan"}`)
		r.must(t, 201, "POST", "/v1/plans/"+p+"/add-item", `{"item":"x","title":"Answer calls"}`)
	}
	for i := range 60 {
		r.must(t, 201, "POST", "/v1/plans/"+plans[i*i%7%3]+"/report-progress", fmt.Sprintf(`{"item":"x","progress":"Step %d"}`, i))
	}
	inspector := r.token(t, `{"name":"Ina","role":"inspector","plans":["b"],"expires":"2099-01-01"}`)
	end, err := r.store.Tail(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{"", "&plan=a", "&plan=b,c", "&plan=c&type=plan-opened", "&plan=none", "&item=x&plan=b", "&hashes=true&plan=a", "&from=17", "&from=17&plan=a", "&from=now", "&texts=false"} {
		for _, by := range []string{"Plantrail-Nobody: x", inspector} {
			lines := r.export(t, "?proof=true"+query, by)
			events, size, err := proved(lines)
			if err != nil || size != int64(end.Events) {
				t.Errorf("%q: %v, signed for %d of %d", query, err, size, end.Events)
			}
			if !strings.Contains(query, "hashes") && len(lines) > events*8+16 {
				t.Errorf("%q: %d lines prove %d events", query, len(lines), events)
			}
			for _, l := range lines {
				if by == inspector && len(l.Event) > 0 && !strings.Contains(string(l.Event), "/plans/b\"") {
					t.Errorf("%q: an inspector of plan b gets %s", query, l.Event)
				}
			}
			if changed := slices.Clone(lines); events > 0 {
				i := slices.IndexFunc(changed, func(l feeds.Line) bool { return len(l.Event) > 0 })
				changed[i].Event = append(slices.Clone(changed[i].Event), ' ')
				if _, _, err := proved(changed); err == nil {
					t.Errorf("%q: a changed event is proved, too", query)
				}
			}
		}
	}
	page := r.export(t, "?proof=true&plan=a")
	r.must(t, 201, "POST", "/v1/plans/a/report-progress", `{"item":"x","progress":"More"}`)
	more := r.export(t, "?proof=true&plan=a&after="+page[len(page)-1].Cursor)
	if events, _, err := proved(more); events != 1 || err != nil {
		t.Errorf("after the cursor of the end come %d events, %v", events, err)
	}
}

// What each role gets of the feed: the texts of plans, for every role and only of the plans that the token opens; persons,
// their names and their subscriptions' targets for an admin alone.
func TestTextsByRole(t *testing.T) {
	r := newReal(t)
	for _, p := range []string{"sdp", "secret"} {
		r.must(t, 201, "POST", "/v1/plans/"+p+"/open-plan", `{"title":"Words of `+p+`"}`)
		r.must(t, 201, "POST", "/v1/plans/"+p+"/add-item", `{"item":"x","title":"Item of `+p+`","owner":"Mrs Miggins"}`)
	}
	r.must(t, 201, "POST", "/v1/subscriptions", `{"subscription":"bi","person":"os-1000","way":"webhook","target":"https://bi.example.org/secret-path","wanted":{}}`)
	tokens := map[string]string{}
	for _, role := range domain.Roles() {
		for _, plans := range []string{"", `,"plans":["sdp"]`} {
			if role == domain.Inspector && plans == "" {
				continue // there is no such token
			}
			tokens[string(role)+plans] = r.token(t, `{"name":"Bea Private","role":"`+string(role)+`","expires":"2099-01-01"`+plans+`}`)
		}
	}
	for who, token := range tokens {
		all := strings.Contains(who, "plans") == false
		admin := strings.HasPrefix(who, string(domain.Admin)) && all
		for _, query := range []string{"", "?plan=sdp,secret", "?plan=sdp,_people", "?hashes=true"} {
			texts := ""
			for _, l := range r.export(t, query, token) {
				for _, text := range feeds.Disclosed(l.Disclosures) {
					texts += text + "\n"
				}
			}
			for text, may := range map[string]bool{
				"Words of sdp":    true,
				"Mrs Miggins":     true,
				"Words of secret": all && query != "?plan=sdp,_people",
				"Item of secret":  all && query != "?plan=sdp,_people",
				"Bea Private":     admin && query != "?plan=sdp,secret",
				"secret-path":     admin && query != "?plan=sdp,secret",
			} {
				if strings.Contains(texts, text) != may {
					t.Errorf("%s, %q: gets %q: %v, want %v", who, query, text, !may, may)
				}
			}
		}
	}
	for _, q := range []string{"?texts=false", "?texts=false&hashes=true"} {
		for _, l := range r.export(t, q, tokens["admin"]) {
			if len(l.Disclosures) > 0 {
				t.Errorf("%s: texts come although none were asked for", q)
			}
		}
	}
}
