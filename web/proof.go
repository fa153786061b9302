package web

import (
	"time"

	"plantrail/domain"
)

// registerHolds registers the commands that forbid erasing and allow it again. The examples go on with the story of the
// other commands.
func (s *Server) registerHolds() {
	on := domain.Basis{Stated: domain.Day(2020, time.February, 21), Authority: &domain.Authority{Body: "Monitoring Officer"}}
	command(s, "Forbid erasing", "Sets a legal hold: until it is released nothing of the plan may be erased. Left out, its id is the next free hold-NN.",
		domain.SetHold{Basis: on, Hold: "hold-01", Reason: "The ombudsman has asked for the file."})
	command(s, "Allow erasing again", "Releases a legal hold, with a reason and an authority.",
		domain.ReleaseHold{Basis: on, Hold: "hold-01", Reason: "The ombudsman has closed the case."})
}
