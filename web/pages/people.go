package pages

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"plantrail/domain"
	"plantrail/projections"
)

// peoplePage is the register of persons and, for those who may see them, the tokens.
type peoplePage struct {
	Persons []projections.PersonView
	Tokens  []projections.TokenView
	Roles   []domain.Role
	Key     string // of the next command
	Secret  string // of the token that was just made; shown this once
	Problem *problem
	Typed   url.Values
}

func (v *visit) people() error { return v.showPeople(peoplePage{}, http.StatusOK) }

func (v *visit) showPeople(page peoplePage, status int) error {
	page.Roles, page.Key = domain.Roles(), newKey()
	if err := v.get("/persons", nil, &page); err != nil {
		return err
	}
	if v.Actor.Role.Covers(domain.Admin) {
		if err := v.get("/tokens", nil, &page); err != nil {
			return err
		}
	}
	title := "People and tokens"
	if page.Problem != nil {
		title = "Error: " + title
	}
	return v.showStatus(status, "people", title, "people", page)
}

// makeToken shows the new token's secret, once: the page is never cached, and a token made by a form that is sent again is
// refused.
func (v *visit) makeToken() error {
	return v.peopleForm("/tokens", []string{"name", "person", "role", "plans", "expires"}, func(a *answer) error {
		var made struct {
			Secret string
		}
		if err := json.Unmarshal(a.body.Bytes(), &made); err != nil {
			return err
		}
		return v.showPeople(peoplePage{Secret: made.Secret}, http.StatusCreated)
	})
}

// change is a form about one person or token.
func (v *visit) change(at string, fields ...string) error {
	return v.peopleForm(at, fields, func(*answer) error {
		http.Redirect(v.w, v.r, "/persons?done=recorded", http.StatusSeeOther)
		return nil
	})
}

// peopleForm gives the API a form's fields as a command, leaving out the empty ones. A refusal shows the form again.
func (v *visit) peopleForm(at string, fields []string, done func(*answer) error) error {
	if err := v.readForm(); err != nil {
		return err
	}
	what := map[string]any{}
	for _, name := range fields {
		value := strings.TrimSpace(v.r.PostFormValue(name))
		switch {
		case value == "":
		case name == "plans":
			what[name] = strings.FieldsFunc(value, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
		default:
			what[name] = value
		}
	}
	body, err := json.Marshal(what)
	if err != nil {
		return err
	}
	a, err := v.call(http.MethodPost, at, nil, bytes.NewReader(body), http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {v.r.PostFormValue("key")}})
	if p, ok := err.(*problem); ok && p.Status < http.StatusInternalServerError && p.Status != http.StatusForbidden {
		return v.showPeople(peoplePage{Problem: p, Typed: v.r.PostForm}, p.Status)
	}
	if err != nil {
		return err
	}
	// Whoever lost their rights by it has lost them when the page says that it is done.
	var got domain.Receipt
	var seen json.RawMessage
	if err := json.Unmarshal(a.body.Bytes(), &got); err != nil {
		return err
	}
	if err := v.get("/persons", minPosition(got.Position), &seen); err != nil {
		return err
	}
	return done(a)
}

func (v *visit) rename() error {
	return v.change(path("persons", v.r.PathValue("person"), "rename"), "name")
}

func (v *visit) leave() error { return v.change(path("persons", v.r.PathValue("person"), "leave")) }

func (v *visit) revoke() error {
	return v.change(path("tokens", v.r.PathValue("token"), "revoke"), "reason")
}
