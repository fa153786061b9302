package web_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"plantrail/domain"
	"plantrail/projections"
	"plantrail/web"
)

// practice goes on with the story by what a council does with a plan beyond rating it, and fills in what the examples
// leave out: the items that they are about, and the second claim after the first was refused.
func (c *contract) practice() {
	c.t.Helper()
	do := func(verb, body string, headers ...string) {
		c.t.Helper()
		c.call(201, "POST", "/v1/plans/sdp/"+verb, body, headers...)
	}
	for _, item := range []string{`{"item":"recommendation-1","level":"aim","kind":"recommendation","title":"Open a desk","source":"Peer review 2019"}`,
		`{"item":"action-2","level":"action","title":"Open a desk in the south","due":"2020-06-30","owner":"Estates"}`, `{"item":"action-3","level":"action","title":"One desk for both"}`,
		`{"item":"measure-1","level":"action","kind":"measure","title":"Calls answered"}`} {
		do("add-item", item)
	}
	c.story("set-levels", "set-schemes", "set-policy", "adopt-version", "open-meeting", "respond", "link-items", "unlink-items", "define-measure", "read-measure")
	c.story("request-due", "approve-due")
	do("request-due", `{"item":"action-2","due":"2020-12","reason":"The lease again."}`)
	c.story("refuse-due", "waive-evidence", "claim-completion", "refuse-completion")
	do("claim-completion", `{"item":"action-2","claim":"Now on Fridays, too."}`)
	c.by("Grace Hopper", domain.Editor, func() { c.story("verify-completion") })
	c.story("accept-closure", "reopen-item", "supersede-item", "challenge-rating", "withdraw-request", "record-minutes", "answer-finding")
	c.call(409, "POST", "/v1/plans/sdp/items/action-2/carry", c.example("/v1/plans/{plan}/items/{item}/carry")) // it has ended
	c.story("carry-forward")
	do("add-item", `{"item":"action-4","level":"action","title":"Answer letters within a week","due":"2020-03-31"}`)
	c.call(404, "POST", "/v1/plans/sdp/items/action-4/carry", c.example("/v1/plans/{plan}/items/{item}/carry"))
	var position string
	c.call(201, "POST", "/v1/plans/service-plan-2020-21/open-plan", `{"title":"Service plan 2020-21"}`)
	for _, want := range []int{201, 200} {
		position = c.call(want, "POST", "/v1/plans/sdp/items/action-4/carry", c.example("/v1/plans/{plan}/items/{item}/carry"), "Idempotency-Key: carry-1").Header().Get("Plantrail-Position")
	}
	for _, moment := range []string{"position:4", "recorded:2099-01-01", "valid:2020-02-10"} {
		c.call(200, "GET", "/v1/plans/sdp/compare?from="+moment+"&min_position="+position, "")
	}
}

// by does something as somebody else.
func (c *contract) by(name string, role domain.Role, do func()) {
	c.t.Helper()
	var made web.IssuedToken
	w := c.call(201, "POST", "/v1/tokens", fmt.Sprintf(`{"name":%q,"role":%q}`, name, role))
	if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil {
		c.t.Fatal(err)
	}
	before := c.token
	c.token = made.Secret
	do()
	c.token = before
}

func TestCarryingForwardKeepsAgeAndOriginalDate(t *testing.T) {
	s := newReal(t)
	s.must(t, 201, "POST", "/v1/plans/old/open-plan", `{"title":"Plan of 2019","stated":"2019-04-01"}`)
	s.must(t, 201, "POST", "/v1/plans/new/open-plan", `{"title":"Plan of 2020","levels":[{"key":"task","label":"Task"}]}`)
	s.must(t, 201, "POST", "/v1/plans/old/add-item", `{"item":"a","title":"Mend the roof","owner":"Estates","due":"2019-09-30","stated":"2019-05-02"}`)
	s.must(t, 201, "POST", "/v1/plans/old/set-due", `{"item":"a","due":"2020-01-31","reason":"Rain."}`)
	carry := func(status int, body, key string) string {
		t.Helper()
		return s.must(t, status, "POST", "/v1/plans/old/items/a/carry", body, "Idempotency-Key: "+key).Header().Get("Plantrail-Position")
	}
	body := `{"to":"new","as":"roof","reason":"Not done.","stated":"2020-03-31","authority":{"body":"Cabinet"}}`
	for _, bad := range []string{`{"to":"old","reason":"x","authority":{"body":"Cabinet"}}`, `{"to":"new","reason":" ","authority":{"body":"Cabinet"}}`,
		`{"to":"new","reason":"x"}`, `{"to":"../x","reason":"x","authority":{"body":"Cabinet"}}`, `{"to":"new","level":"nix","reason":"x","authority":{"body":"Cabinet"}}`} {
		carry(400, bad, "k-bad")
	}
	carry(404, strings.Replace(body, `"new"`, `"absent"`, 1), "k-absent")

	// The first attempt came no further than the other plan, and the item here got other words after it.
	s.must(t, 201, "POST", "/v1/plans/new/add-item", `{"item":"roof","title":"Mend the roof","owner":"Estates","due":"2020-01-31","level":"task","stated":"2020-03-31",
		"from":{"plan":"old","item":"a","since":"2019-05-02","original_due":"2019-09-30","due_moves":1},"authority":{"body":"Cabinet"}}`, "Idempotency-Key: k-1")
	s.must(t, 201, "POST", "/v1/plans/old/reword-item", `{"item":"a","title":"Mend the whole roof","reason":"All of it."}`)
	carry(201, body, "k-1")
	last := carry(200, body, "k-1")

	var there, here projections.ItemHistory
	for path, h := range map[string]*projections.ItemHistory{"/v1/plans/new/items/roof": &there, "/v1/plans/old/items/a": &here} {
		if err := json.Unmarshal(s.must(t, 200, "GET", path+"?min_position="+last, "").Body.Bytes(), h); err != nil {
			t.Fatal(err)
		}
	}
	if it := there.Item; it.Original.String() != "2019-09-30" || it.Due.String() != "2020-01-31" || it.Moves != 1 || it.From == nil || it.From.Since.String() != "2019-05-02" {
		t.Errorf("there: %+v", it)
	}
	if here.Item.State != domain.ItemCarried || len(here.Entries) != 4 {
		t.Errorf("here: %s after %d entries", here.Item.State, len(here.Entries))
	}
	s.must(t, 409, "POST", "/v1/plans/old/items/a/carry", strings.Replace(body, "roof", "other", 1), "Idempotency-Key: k-2")

	// An item of that id which came from elsewhere is not taken for it.
	s.must(t, 201, "POST", "/v1/plans/old/add-item", `{"item":"b","title":"Mend the door"}`)
	s.must(t, 409, "POST", "/v1/plans/old/items/b/carry", body, "Idempotency-Key: k-3")
	if err := json.Unmarshal(s.must(t, 200, "GET", "/v1/plans/old/items/b", "").Body.Bytes(), &here); err != nil || here.Item.State != domain.ItemOpen {
		t.Errorf("%v: an item that could not be added there is %s here", err, here.Item.State)
	}
}
