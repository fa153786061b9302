package web_test

import (
	"encoding/json"
	"strings"

	"plantrail/web"
)

// visits asks who looked at what the contract's other questions looked at.
func (c *contract) visits() {
	c.t.Helper()
	c.call(200, "GET", "/v1/search?q=confidential", "")
	body := c.call(200, "GET", "/v1/access?limit=1000", "").Body.String()
	var all web.AccessView
	if err := json.Unmarshal([]byte(body), &all); err != nil {
		c.t.Fatal(err)
	}
	did := map[string]bool{}
	for _, v := range all.Entries {
		did[v.Did] = true
	}
	for _, want := range []string{"viewed", "exported", "searched", "took evidence", "took a bundle"} {
		if !did[want] {
			c.t.Errorf("the access log has nothing that was %s", want)
		}
	}
	if strings.Contains(body, "confidential") {
		c.t.Error("the access log keeps the words of a question")
	}
	var one web.AccessView
	w := c.call(200, "GET", "/v1/access?limit=1&plan=sdp", "")
	if err := json.Unmarshal(w.Body.Bytes(), &one); err != nil || len(one.Entries) != 1 || one.Next == "" || w.Header().Get("Link") == "" {
		c.t.Errorf("one of many: %+v, %v", one, err)
	}
	c.call(200, "GET", "/v1/access?after="+one.Next, "")
	c.call(200, "GET", "/v1/access?format=csv", "")
	c.call(400, "GET", "/v1/access?after=nonsense", "")
	c.call(400, "GET", "/v1/access?from=yesterday", "")
	c.call(400, "GET", "/v1/access?actor=%2B", "")
}
