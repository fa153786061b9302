package pages

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"plantrail/domain"
	"plantrail/projections"
)

// passing lets an answer of the API through to the browser as it comes, so that a large file is never in memory. An answer
// that is an error is kept instead: it becomes a page.
type passing struct {
	http.ResponseWriter
	answer
	through bool
}

func (p *passing) Header() http.Header         { return p.answer.header }
func (p *passing) Unwrap() http.ResponseWriter { return p.ResponseWriter } // for deadlines and flushing

func (p *passing) WriteHeader(status int) {
	if p.status != 0 {
		return
	}
	p.status = status
	if p.through = status < 400; p.through {
		to := p.ResponseWriter.Header()
		for name, values := range p.answer.header {
			to[name] = values
		}
		p.ResponseWriter.WriteHeader(status)
	}
}

func (p *passing) Write(b []byte) (int, error) {
	p.WriteHeader(http.StatusOK)
	if p.through {
		return p.ResponseWriter.Write(b)
	}
	return p.answer.Write(b)
}

// pass sends the browser what the API answers, with its headers; an error is returned and nothing sent.
func (v *visit) pass(method, at string, q url.Values, body io.Reader, header http.Header) error {
	p := &passing{ResponseWriter: v.w, answer: answer{header: http.Header{}}}
	if err := v.ask(p, method, at, q, body, header); err != nil {
		return err
	}
	if p.status >= 400 {
		return p.problem()
	}
	return nil
}

// file is a file of evidence, always to be saved.
func (v *visit) file() error {
	return v.pass(http.MethodGet, path("plans", v.r.PathValue("plan"), "evidence", v.r.PathValue("evidence")), nil, nil, nil)
}

func (v *visit) evidence() error {
	var page struct {
		Item  string
		Files []projections.EvidenceView
	}
	page.Item = v.r.URL.Query().Get("item")
	q, _ := url.ParseQuery(encode("item", page.Item)) // it was just encoded
	if err := v.get(path("plans", v.r.PathValue("plan"), "evidence"), q, &page); err != nil {
		return err
	}
	return v.show("evidence", "Evidence in "+v.r.PathValue("plan"), "plans", page)
}

// reports lists the reports that there are, each in the forms in which it can be had.
func (v *visit) reports() error {
	var page struct {
		Plan    projections.PlanView
		Asked   url.Values
		Split   shown // which items are exempt
		Reports []reportLink
	}
	q := v.r.URL.Query()
	exempt := slices.DeleteFunc(q["exempt"], func(id string) bool { return id == "" })
	page.Asked, _ = url.ParseQuery(encode("as_reported", q.Get("as_reported"), "valid_at", q.Get("valid_at"), "judged", q.Get("judged"), "exempt", strings.Join(exempt, ","))) // it was just encoded
	if len(exempt) > 0 {
		page.Asked.Set("part", cmp.Or(q.Get("part"), string(domain.Public)))
	}
	if err := v.get(path("plans", v.r.PathValue("plan")), nil, &page.Plan); err != nil {
		return err
	}
	if err := v.get("/reports", nil, &page); err != nil {
		return err
	}
	page.Split = shown{field: field{Name: "exempt", Label: "Items that are exempt from publication", Kind: "boxes"}, ID: "exempt", Chosen: strings.Split(page.Asked.Get("exempt"), ","), Options: items(&filling{Plan: page.Plan})}
	if len(exempt) > 0 { // the others tell of the plan as a whole
		page.Reports = slices.DeleteFunc(page.Reports, func(r reportLink) bool { return !r.Split })
	}
	for i := range page.Reports {
		r := &page.Reports[i]
		r.Address = path("plans", v.r.PathValue("plan"), "reports", r.Report)
		if len(page.Asked) > 0 {
			r.Address += "?" + page.Asked.Encode()
		}
	}
	return v.show("reports", "Reports on "+words(page.Plan.Title), "plans", page)
}

// reportLink is a report that can be had, for the moment that is asked for.
type reportLink struct {
	Report, Title, About, Address string
	Split                         bool // it can be split into what is public and what is exempt
}

// report is a report as a document of its own, made by the API.
func (v *visit) report() error {
	q := v.r.URL.Query()
	for name := range q {
		if q.Get(name) == "" {
			q.Del(name) // a field of the form that was left empty
		}
	}
	if !q.Has("format") {
		q.Set("format", "html")
	}
	return v.pass(http.MethodGet, path("plans", v.r.PathValue("plan"), "reports", v.r.PathValue("report")), q, nil, nil)
}

// bundlePage is the form by which a bundle is taken.
type bundlePage struct {
	Plan                              projections.PlanView
	Reason, For, AsReported, Recorded string
	Problem                           *problem
}

func (v *visit) bundle() error { return v.bundleForm(bundlePage{}, http.StatusOK) }

func (v *visit) bundleForm(page bundlePage, status int) error {
	if err := v.get(path("plans", v.r.PathValue("plan")), nil, &page.Plan); err != nil {
		return err
	}
	title := "Take a bundle of " + words(page.Plan.Title)
	if page.Problem != nil {
		title = "Error: " + title
	}
	return v.showStatus(status, "bundle", title, "plans", page)
}

// takeBundle sends the bundle itself, for the same words the same file; what can't be had leads back to the form.
func (v *visit) takeBundle() error {
	if err := v.readForm(); err != nil {
		return err
	}
	page := bundlePage{Reason: v.r.PostFormValue("reason"), For: v.r.PostFormValue("for"), AsReported: v.r.PostFormValue("as_reported"), Recorded: v.r.PostFormValue("recorded_at")}
	body, err := json.Marshal(map[string]string{"reason": page.Reason, "for": page.For, "as_reported": page.AsReported, "recorded_at": page.Recorded})
	if err != nil {
		return err
	}
	err = v.pass(http.MethodPost, path("plans", v.r.PathValue("plan"), "bundle"), nil, bytes.NewReader(body), http.Header{"Content-Type": {"application/json"}})
	if p, ok := err.(*problem); ok {
		page.Problem = p
		return v.bundleForm(page, p.Status)
	}
	return err
}

// formLimit bounds what a form without a file sends.
const formLimit = 1 << 20

// readForm reads the fields of a form.
func (v *visit) readForm() error {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, formLimit)
	if err := v.r.ParseForm(); err != nil {
		return &problem{Status: tooLarge(err), Detail: "The form could not be read, or is too long", Hint: "send it again, with less text"}
	}
	deadline(v.w, time.Time{})
	return nil
}
