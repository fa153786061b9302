package web_test

import (
	"encoding/json"
	"strings"
	"testing"

	"plantrail/web"
)

func paperOf(t *testing.T, body []byte) (p web.PublishedPaper) {
	t.Helper()
	if err := json.Unmarshal(body, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

const meeting2 = `{"meeting":"scrutiny-2","body":"Scrutiny Committee","on":"2020-03-20","stated":"2020-02-16"}`

func TestAPublishedPaperIsMadeAgainToTheByte(t *testing.T) {
	s := newReal(t)
	told(t, s, "wsoa", wsoa+"open-meeting "+meeting2)
	body := `{"meeting":"scrutiny-2","classification":"exempt","title":"Progress <report>","stated":"2020-03-12"}`
	w := s.must(t, 201, "POST", "/v1/plans/wsoa/publish-paper", body, "Idempotency-Key: paper-1")
	p := paperOf(t, w.Body.Bytes())
	if !p.Same || p.Made != p.SHA256 || p.Version != 18 || p.Position < 18 || p.Size < uint64(p.Position) || p.Classification != "exempt" {
		t.Errorf("%+v", p.PaperView)
	}
	for _, want := range []string{p.Root, "Exempt from publication", "Progress &lt;report&gt;", "For the Scrutiny Committee, 20 March 2020.", "two homes were missed", "request-01", "amber triangle"} {
		if !strings.Contains(p.HTML, strings.ReplaceAll(want, "+", "&#43;")) && !strings.Contains(p.HTML, want) {
			t.Errorf("the paper lacks %s", want)
		}
	}
	s.must(t, 200, "GET", "/v1/verify?min_position="+w.Header().Get("Plantrail-Position"), "")
	told(t, s, "wsoa", `reword-item {"item":"rota","title":"Another title","reason":"x","stated":"2020-03-21"}`)
	if again := paperOf(t, s.must(t, 200, "POST", "/v1/plans/wsoa/publish-paper", body, "Idempotency-Key: paper-1").Body.Bytes()); again.HTML != p.HTML || again.Published.Entry != p.Published.Entry {
		t.Errorf("given again: %+v", again.PaperView)
	}
	if got := s.must(t, 200, "GET", "/v1/plans/wsoa/meetings/scrutiny-2/paper?format=html", "").Body.String(); got != p.HTML {
		t.Error("the paper is another one now")
	}
	first := paperOf(t, s.must(t, 200, "GET", "/v1/plans/wsoa/meetings/scrutiny-1/paper?number=1", "").Body.Bytes())
	if !first.Same || first.Version == p.Version {
		t.Errorf("the first meeting's: %+v", first.PaperView)
	}
	if found := s.must(t, 200, "GET", "/v1/plans/wsoa/findings?rule=R30", "").Body.String(); strings.Contains(found, `"rule":"R30"`) {
		t.Errorf("a paper that plantrail made differs from the history: %s", found)
	}
}

// TestAPaperIsPublishedInTwoParts leaves what is exempt out of the one and tells of nothing else in the other, today and when
// they are made again.
func TestAPaperIsPublishedInTwoParts(t *testing.T) {
	s := newReal(t)
	told(t, s, "wsoa", wsoa+"open-meeting "+meeting2)
	request := `{"item":"rota","words":"Who minds the weekend?","asked_by":"the Chairman","stated":"2020-03-01"}`
	w := s.must(t, 201, "POST", "/v1/plans/wsoa/make-request", request)
	s.must(t, 200, "GET", "/v1/plans/wsoa?min_position="+w.Header().Get("Plantrail-Position"), "")
	for i, class := range []string{"public", "exempt"} {
		p := paperOf(t, s.must(t, 201, "POST", "/v1/plans/wsoa/publish-paper", `{"meeting":"scrutiny-2","exempt":["rota"],"classification":"`+class+`"}`).Body.Bytes())
		says := map[string]bool{"Public: 1 of 5 items are exempt and left out": i == 0, "Exempt: not for publication; 1 of 5 items": i == 1,
			"two homes": i == 0, "weekends": i == 1, "Who minds the weekend?": i == 1}
		for words, there := range says {
			if strings.Contains(p.HTML, words) != there {
				t.Errorf("%s: %q is in it: %v", class, words, !there)
			}
		}
		if again := paperOf(t, s.must(t, 200, "GET", "/v1/plans/wsoa/meetings/scrutiny-2/paper", "").Body.Bytes()); !p.Same || again.HTML != p.HTML || len(again.Exempt) != 1 || again.Exempt[0] != "rota" {
			t.Errorf("%s, made again: %+v", class, again.PaperView)
		}
	}
	if entries := s.must(t, 200, "GET", "/v1/plans/wsoa/timeline?type=paper-published", "").Body.String(); !strings.Contains(entries, ", public, without rota") || !strings.Contains(entries, ", exempt, only of rota") {
		t.Error(entries)
	}
}

func TestAPaperWhoseTextsWereErasedSaysSo(t *testing.T) {
	s := newReal(t)
	told(t, s, "wsoa", wsoa)
	e := s.must(t, 201, "POST", "/v1/plans/wsoa/erase-text", `{"entry":"14","field":"justification","reason":"A child could be known.","authority":{"body":"Data protection officer"}}`)
	p := paperOf(t, s.must(t, 200, "GET", "/v1/plans/wsoa/meetings/scrutiny-1/paper?min_position="+e.Header().Get("Plantrail-Position"), "").Body.Bytes())
	if !p.Same || p.Erased != 1 {
		t.Errorf("a text that was not in it: %+v", p)
	}
	e = s.must(t, 201, "POST", "/v1/plans/wsoa/erase-text", `{"entry":"10","field":"justification","reason":"A child could be known.","authority":{"body":"Data protection officer"}}`)
	p = paperOf(t, s.must(t, 200, "GET", "/v1/plans/wsoa/meetings/scrutiny-1/paper?min_position="+e.Header().Get("Plantrail-Position"), "").Body.Bytes())
	if p.Same || p.Erased != 2 || !strings.Contains(p.Words, "erased since") || !strings.Contains(p.HTML, "[erased on ") {
		t.Errorf("%+v", p)
	}
}

func TestWhatCantBePublished(t *testing.T) {
	s := newReal(t)
	told(t, s, "wsoa", wsoa)
	path := "/v1/plans/wsoa/publish-paper"
	s.must(t, 404, "POST", path, `{"meeting":"nix"}`)
	s.must(t, 404, "POST", "/v1/plans/nix/publish-paper", `{"meeting":"scrutiny-1"}`)
	s.must(t, 400, "POST", path, `{"meeting":"scrutiny-1","classification":"secret"}`)
	s.must(t, 400, "POST", path, `{"meeting":"scrutiny-1","sha256":"00"}`)
	s.must(t, 404, "POST", path, `{"meeting":"scrutiny-1","exempt":["nix"]}`)
	s.must(t, 400, "POST", path, `{"meeting":"scrutiny-1","exempt":["rota","rota"]}`)
	s.must(t, 412, "POST", path, `{"meeting":"scrutiny-1"}`, `If-Match: "3"`)
	s.must(t, 404, "GET", "/v1/plans/wsoa/meetings/nix/paper", "")
	s.must(t, 404, "GET", "/v1/plans/wsoa/meetings/scrutiny-1/paper?number=2", "")
	s.must(t, 201, "POST", "/v1/plans/wsoa/justify", `{"item":"rota","justification":"Still so.","stated":"2020-02-21"}`, "Idempotency-Key: other")
	s.must(t, 422, "POST", path, `{"meeting":"scrutiny-1"}`, "Idempotency-Key: other")
}
