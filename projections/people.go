package projections

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"plantrail/domain"
)

// Credential is what authentication needs of a token. It is ended when it was revoked, its holder left, or it expired:
// the expiry is the caller's to compare with its clock.
type Credential struct {
	Token   domain.TokenID
	SHA256  string // of the secret's text, hex
	Person  domain.ActorID
	Kind    domain.ActorKind
	Role    domain.Role
	Expires domain.Date     // zero: never; the last day, or month, on which it is good
	Plans   []domain.PlanID // the only ones that it opens; none: all
	Revoked bool
	Left    bool // the person has left
}

// Token finds a token by its id, ended or not.
func (db *DB) Token(ctx context.Context, id domain.TokenID) (c Credential, err error) {
	err = db.view(ctx, func(s *snapshot) error {
		err := s.row(`SELECT t.token, t.sha256, t.person, t.role, t.expires, t.plans, t.revoked, coalesce(p.kind, ''), coalesce(p.gone, 1)
			FROM tokens t LEFT JOIN persons p ON p.person = t.person WHERE t.token = ?`, string(id)).
			Scan(&c.Token, &c.SHA256, &c.Person, &c.Role, scanDate{&c.Expires}, scanJSON{&c.Plans}, &c.Revoked, &c.Kind, &c.Left)
		return notFound(err, "token", "there is no token %s", id)
	})
	return c, err
}

func notFound(err error, field, format string, args ...any) error {
	if errors.Is(err, sql.ErrNoRows) {
		return domain.Errorf(domain.NotFound, field, format, args...)
	}
	return err
}

// Tokens lists all tokens in the order in which they were issued.
func (db *DB) Tokens(ctx context.Context) (all []TokenView, err error) {
	all = []TokenView{}
	err = db.view(ctx, func(s *snapshot) error {
		c := newCites(s, s.end.position)
		err := s.each(func(rows *sql.Rows) error {
			var t TokenView
			err := rows.Scan(&t.Token, &t.Person, &t.Role, scanDate{&t.Expires}, scanJSON{&t.Plans}, &t.Revoked, &t.Issued.Position)
			c.need(t.Issued.Position)
			c.names[t.Person] = Words{}
			all = append(all, t)
			return err
		}, "SELECT token, person, role, expires, plans, revoked, issued FROM tokens ORDER BY issued")
		if err != nil {
			return err
		}
		if err := c.load(); err != nil {
			return err
		}
		for i, t := range all {
			all[i].Issued, all[i].Name = c.at(t.Issued.Position), c.names[t.Person].Text
		}
		return nil
	})
	return all, err
}

// Persons lists all registered persons in the order in which they were registered.
func (db *DB) Persons(ctx context.Context) ([]PersonView, error) {
	return db.persons(ctx, "TRUE")
}

// Person finds a registered person.
func (db *DB) Person(ctx context.Context, id domain.ActorID) (PersonView, error) {
	all, err := db.persons(ctx, "p.person = ?", string(id))
	if err == nil && len(all) == 0 {
		err = domain.Errorf(domain.NotFound, "person", "there is no person %s", id)
	}
	if err != nil {
		return PersonView{}, err
	}
	return all[0], nil
}

func (db *DB) persons(ctx context.Context, where string, args ...any) (all []PersonView, err error) {
	all = []PersonView{}
	err = db.view(ctx, func(s *snapshot) error {
		c := newCites(s, s.end.position)
		var named []domain.EventID
		err := s.each(func(rows *sql.Rows) error {
			var p PersonView
			var name sql.NullString
			var event domain.EventID
			err := rows.Scan(&p.Person, &p.Kind, &p.Left, &p.Since.Position, &name, &event)
			named = append(named, event)
			p.Name = Words{Text: name.String, Erased: !name.Valid}
			c.need(p.Since.Position)
			all = append(all, p)
			return err
		}, `SELECT p.person, p.kind, p.gone, p.since, x.value, p.named FROM persons p
			LEFT JOIN texts x ON x.event = p.named AND x.name = 'name' WHERE `+where+" ORDER BY p.since", args...)
		if err != nil {
			return err
		}
		erased, err := c.erasuresOf(jsonList(named))
		if err != nil {
			return err
		}
		if err := c.load(); err != nil {
			return err
		}
		for i := range all {
			all[i].Since = c.at(all[i].Since.Position)
			if all[i].Name.Erased {
				all[i].Name.ErasedBy = c.erasedBy(erased[textKey{named[i], "name"}])
			}
		}
		return nil
	})
	return all, err
}

// scanJSON reads a column of JSON.
type scanJSON struct{ to any }

// Scan implements sql.Scanner.
func (j scanJSON) Scan(v any) error {
	s, ok := v.(string)
	if !ok {
		return errors.New("a column of JSON is not text")
	}
	return json.Unmarshal([]byte(s), j.to)
}
