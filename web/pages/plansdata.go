package pages

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"plantrail/projections"
)

// planData is a plan in the list as data: what the API says of it, and what the page adds from its other answers.
type planData struct {
	projections.PlanSummary
	Findings *int   `json:"findings,omitempty"` // that nobody has answered; not counted where there are very many plans
	Owing    *int   `json:"owing,omitempty"`    // of them, missing updates
	Verified string `json:"verified"`
}

// cells are those that the page adds to the API's table.
func (d planData) cells() []string {
	number := func(n *int) string {
		if n == nil {
			return ""
		}
		return strconv.Itoa(*n)
	}
	return []string{number(d.Findings), number(d.Owing), d.Verified}
}

// plansData gives the list of plans as JSON or CSV.
func (v *visit) plansData(asCSV bool) error {
	page, err := v.plansPage()
	if err != nil {
		return err
	}
	all := make([]planData, len(page.Plans))
	for i, p := range page.Plans {
		all[i] = planData{PlanSummary: p, Verified: strings.TrimLeft(page.Verified(p), "✓✕ ")}
		if page.Counted {
			findings, owing := page.Findings[p.Plan], page.Owing[p.Plan]
			all[i].Findings, all[i].Owing = &findings, &owing
		}
	}
	if asCSV {
		return v.plansTable(page, all)
	}
	a := &answer{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json"}}}
	return v.give(a, json.NewEncoder(&a.body).Encode(map[string]any{"plans": all}))
}

func (v *visit) plansTable(page plansPage, all []planData) error {
	a, err := v.call(http.MethodGet, "/plans", page.question(), nil, http.Header{"Accept": {"text/csv"}})
	if err != nil {
		return err
	}
	rows, err := csv.NewReader(&a.body).ReadAll()
	if err != nil || len(rows) == 0 {
		return v.give(a, err)
	}
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	out.UseCRLF = true
	_ = out.Write(append(rows[0], "findings", "owing", "verified")) // into memory, as all that follow
	for i, row := range rows[1:] {
		if i < len(all) && string(all[i].Plan) == row[0] { // a plan that was opened in between has no counts yet
			_ = out.Write(append(row, all[i].cells()...))
		} else {
			_ = out.Write(append(row, "", "", ""))
		}
	}
	out.Flush()
	a.body = b
	a.header.Del("Content-Length")
	return v.give(a, nil)
}
