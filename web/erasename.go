package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"plantrail/domain"
	"plantrail/projections"
)

// EraseName asks for a person's name to be destroyed.
type EraseName struct {
	domain.Basis
	Reason domain.Text `json:"reason" maxLength:"65536"`
}

func (s *Server) registerEraseName() {
	op := s.operation(http.MethodPost, "/v1/persons/{person}/erase-name", about{id: "erase-name", tag: "people", summary: "Erase a person's name",
		text: "Destroys every name that the person was registered under, for ever, as erase-text does with a text of a plan. What they did stays, under their id; " +
			"they may go on acting, and be given another name. Names in the texts of plans are theirs to erase.", errors: commandErrors}, jsonRoute())
	op.DefaultStatus = http.StatusCreated
	s.takesJSON(&op, EraseName{domain.Basis{Stated: domain.Day(2020, time.February, 22), Authority: &domain.Authority{Body: "Data Protection Officer"}},
		"They asked for it, and left two years ago."}, true)
	huma.Register(s.api, op, func(ctx context.Context, in *personPath) (*receipt, error) {
		person, err := parseActor("person", in.Person)
		if err != nil {
			return nil, err
		}
		var want EraseName
		if err := decodeBody(callOf(ctx).body, &want); err != nil {
			return nil, err
		}
		id, err := in.command()
		if err != nil {
			return nil, err
		}
		got, err := s.eraseName(ctx, id, person, want)
		if err != nil {
			return nil, commanded{err, id}
		}
		return receiptOf(got), nil
	})
	documentRepeat(op)
}

// eraseName erases each name that a person ever had, which are texts like others, by a command for each. A crash between two
// leaves names that the same request erases when it is made again.
func (s *Server) eraseName(ctx context.Context, id domain.CommandID, person domain.ActorID, want EraseName) (last domain.Receipt, err error) {
	if _, err := s.deps.Reads.Person(ctx, person); err != nil {
		return last, err
	}
	refused := domain.Errorf(domain.Refused, "person", "the name of %s is erased already", person)
	err = s.eachEntry(ctx, projections.TimelineQuery{Plan: domain.People}, func(e projections.Entry) error {
		if _, named := e.Texts["name"]; !named || !strings.HasPrefix(e.Type, "person-") || personIn(e) != person {
			return nil
		}
		each := domain.CommandID(derive("erase "+string(e.Event), id, 32))
		got, err := s.onPeople(ctx, each, domain.EraseText{Basis: want.Basis, Entry: string(e.Event), Field: "name", Reason: want.Reason})
		if domain.KindOf(err) == domain.Refused && err != nil {
			return nil // asked for before, by another command
		}
		if err == nil {
			last, refused = got, nil
		}
		return err
	})
	if err == nil && refused != nil {
		return last, refused
	}
	if err == nil {
		err = s.destroyed(ctx, last)
	}
	return last, err
}
