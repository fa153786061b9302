package pages

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"plantrail/projections"
)

// answer is what the API said.
type answer struct {
	status int
	header http.Header
	body   bytes.Buffer
}

// Header, Write and WriteHeader make answer an [http.ResponseWriter].
func (a *answer) Header() http.Header         { return a.header }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// problem is an error as the API tells it (RFC 9457).
type problem struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Field  string `json:"field"`
	Hint   string `json:"hint"`
}

func (p *problem) Error() string { return p.Detail }

// path makes an address of segments, each escaped.
func path(segments ...string) string {
	var b strings.Builder
	for _, s := range segments {
		b.WriteString("/" + url.PathEscape(s))
	}
	return b.String()
}

func encode(pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return q.Encode()
}

// ask has the API answer a question or command of the visitor's to w.
func (v *visit) ask(w http.ResponseWriter, method, at string, q url.Values, body io.Reader, header http.Header) error {
	target := "/v1" + at
	if len(q) > 0 {
		target += "?" + q.Encode()
	}
	r, err := http.NewRequestWithContext(v.deps.As(v.r.Context(), v.Actor), method, target, body)
	if err != nil {
		return err
	}
	for name, values := range header {
		r.Header[name] = values
	}
	r.RemoteAddr = v.r.RemoteAddr
	v.deps.API.ServeHTTP(w, r)
	return nil
}

// call asks the API as the visitor, and keeps the answer.
func (v *visit) call(method, at string, q url.Values, body io.Reader, header http.Header) (*answer, error) {
	a := &answer{header: http.Header{}}
	if err := v.ask(a, method, at, q, body, header); err != nil {
		return nil, err
	}
	if a.status == 0 {
		a.status = http.StatusOK
	}
	if a.status >= 400 {
		return a, a.problem()
	}
	return a, nil
}

// problem is an answer that is an error.
func (a *answer) problem() *problem {
	p := &problem{Status: a.status}
	if err := json.Unmarshal(a.body.Bytes(), p); err != nil {
		p.Detail = http.StatusText(a.status)
	}
	return p
}

// get asks a question and decodes the answer into to.
func (v *visit) get(at string, q url.Values, to any) error {
	a, err := v.call(http.MethodGet, at, q, nil, http.Header{"Accept": {"application/json"}})
	if err != nil {
		return err
	}
	return json.Unmarshal(a.body.Bytes(), to)
}

// banner says what is wrong with the whole: the proof failed, the pages stand still, or the journal takes no changes.
func (v *visit) banner() banner {
	var s struct {
		ReadOnly    string `json:"read_only"`
		Projections projections.Status
		Proof       *projections.KeeperStatus
	}
	if err := v.get("/status", nil, &s); err != nil {
		return banner{}
	}
	switch {
	case s.Proof != nil && s.Proof.Alarm != "":
		return banner{Loud: true, Words: "The record is not as it was signed. Do not rely on what you see here until it is known why: " + s.Proof.Alarm}
	case s.Projections.Stopped != "":
		return banner{Words: "What you see here stands still, because the history can't be read any further: " + s.Projections.Stopped}
	case s.ReadOnly != "":
		return banner{Words: "Nothing can be changed at the moment, everything can be read: " + s.ReadOnly}
	}
	return banner{}
}

// banner is said at the head of every page.
type banner struct {
	Words string
	Loud  bool // nobody may miss it
}

// fail shows an error as a page.
func (v *visit) fail(err error) {
	p, ok := err.(*problem)
	if !ok {
		v.deps.Log.Error("page failed", "path", v.r.URL.Path, "error", err)
		p = &problem{Status: http.StatusInternalServerError, Title: "Something went wrong", Detail: "The page could not be made. Nothing was changed."}
	}
	if q := v.r.URL.Query(); p.Status == http.StatusNotFound && p.Field == "plan" && q.Get("valid_at")+q.Get("recorded_at")+q.Get("position")+q.Get("from")+q.Get("to") != "" {
		told := *p
		told.Detail, told.Hint = "At the moment that was chosen, nothing was known here of a plan of this name", "choose a later moment, or look at all plans"
		p = &told
	}
	if err := v.showStatus(p.Status, "problem", errorTitle(p.Status), "", p); err != nil {
		http.Error(v.w, p.Detail, p.Status)
	}
}

func errorTitle(status int) string {
	switch status {
	case http.StatusNotFound:
		return "There is nothing here"
	case http.StatusForbidden:
		return "You may not see or do this"
	case http.StatusConflict, http.StatusPreconditionFailed:
		return "Somebody else was faster"
	case http.StatusServiceUnavailable:
		return "Not possible at the moment"
	case http.StatusInternalServerError:
		return "Something went wrong"
	}
	return "This could not be done"
}

func init() { funcs["onpage"] = onPage }

// onPage is a hint as a page gives it: one that names a command of the command line helps nobody there.
func onPage(hint string) string {
	if strings.Contains(hint, "plantrail ") || strings.Contains(hint, "/openapi.json") {
		return ""
	}
	return hint
}
