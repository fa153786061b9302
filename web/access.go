package web

import "plantrail/domain"

// anyone is for what needs no token.
const anyone domain.Role = ""

// access is the one table of who may do what: the least role for each route, by its pattern. A route that is not in it
// can't be registered, and a pattern in it without a route is an error too.
var access = map[string]domain.Role{
	"GET /healthz":         anyone,
	"GET /readyz":          anyone,
	"GET /openapi.json":    anyone,
	"GET /problems/{kind}": anyone,
	"GET /metrics":         anyone, // Reader with Deps.GuardMetrics

	"GET /v1/whoami":                                domain.Reader,
	"GET /v1/status":                                domain.Reader,
	"GET /v1/plans":                                 domain.Reader,
	"GET /v1/plans/{plan}":                          domain.Reader,
	"GET /v1/plans/{plan}/ambers":                   domain.Reader,
	"GET /v1/plans/{plan}/compare":                  domain.Reader,
	"GET /v1/plans/{plan}/strips":                   domain.Reader,
	"GET /v1/plans/{plan}/timeline":                 domain.Reader,
	"GET /v1/plans/{plan}/items/{item}":             domain.Reader,
	"GET /v1/plans/{plan}/entries/{entry}":          domain.Reader,
	"GET /v1/plans/{plan}/commands/{command}":       domain.Reader,
	"GET /v1/timeline":                              domain.Reader,
	"GET /v1/plans/{plan}/findings":                 domain.Reader,
	"GET /v1/findings":                              domain.Reader,
	"GET /v1/findings/rules":                        domain.Reader,
	"GET /v1/search":                                domain.Reader,
	"GET /v1/reports":                               domain.Reader,
	"GET /v1/mine":                                  domain.Reader,
	"GET /v1/plans/{plan}/meetings/{meeting}/paper": domain.Reader,
	"GET /v1/plans/{plan}/reports/{report}":         domain.Reader,
	"GET /v1/persons":                               domain.Reader,
	"GET /v1/schemes":                               domain.Reader,

	"POST /v1/plans/{plan}/open-plan":       domain.Editor,
	"POST /v1/plans/{plan}/close-plan":      domain.Editor,
	"POST /v1/plans/{plan}/add-item":        domain.Editor,
	"POST /v1/plans/{plan}/reword-item":     domain.Editor,
	"POST /v1/plans/{plan}/move-item":       domain.Editor,
	"POST /v1/plans/{plan}/assign-owner":    domain.Editor,
	"POST /v1/plans/{plan}/set-due":         domain.Editor,
	"POST /v1/plans/{plan}/suspend-item":    domain.Editor,
	"POST /v1/plans/{plan}/resume-item":     domain.Editor,
	"POST /v1/plans/{plan}/cancel-item":     domain.Editor,
	"POST /v1/plans/{plan}/rate":            domain.Editor,
	"POST /v1/plans/{plan}/justify":         domain.Editor,
	"POST /v1/plans/{plan}/report-progress": domain.Editor,
	"POST /v1/plans/{plan}/record-outcome":  domain.Editor,
	"POST /v1/plans/{plan}/make-request":    domain.Clerk,
	"POST /v1/plans/{plan}/answer-request":  domain.Clerk,
	"POST /v1/plans/{plan}/resolve":         domain.Clerk,
	"POST /v1/plans/{plan}/correct":         domain.Editor,
	"POST /v1/import":                       domain.Editor,

	"POST /v1/plans/{plan}/set-policy":         domain.Admin,
	"POST /v1/plans/{plan}/set-levels":         domain.Editor,
	"POST /v1/plans/{plan}/set-schemes":        domain.Editor,
	"POST /v1/plans/{plan}/adopt-version":      domain.Clerk,
	"POST /v1/plans/{plan}/link-items":         domain.Editor,
	"POST /v1/plans/{plan}/unlink-items":       domain.Editor,
	"POST /v1/plans/{plan}/respond":            domain.Editor,
	"POST /v1/plans/{plan}/request-due":        domain.Editor,
	"POST /v1/plans/{plan}/approve-due":        domain.Clerk,
	"POST /v1/plans/{plan}/refuse-due":         domain.Clerk,
	"POST /v1/plans/{plan}/waive-evidence":     domain.Editor,
	"POST /v1/plans/{plan}/claim-completion":   domain.Editor,
	"POST /v1/plans/{plan}/verify-completion":  domain.Editor,
	"POST /v1/plans/{plan}/refuse-completion":  domain.Editor,
	"POST /v1/plans/{plan}/accept-closure":     domain.Clerk,
	"POST /v1/plans/{plan}/reopen-item":        domain.Editor,
	"POST /v1/plans/{plan}/supersede-item":     domain.Editor,
	"POST /v1/plans/{plan}/carry-forward":      domain.Editor,
	"POST /v1/plans/{plan}/define-measure":     domain.Editor,
	"POST /v1/plans/{plan}/read-measure":       domain.Editor,
	"POST /v1/plans/{plan}/challenge-rating":   domain.Clerk,
	"POST /v1/plans/{plan}/withdraw-request":   domain.Clerk,
	"POST /v1/plans/{plan}/open-meeting":       domain.Clerk,
	"POST /v1/plans/{plan}/record-minutes":     domain.Clerk,
	"POST /v1/plans/{plan}/draft":              domain.Editor,
	"POST /v1/plans/{plan}/publish-paper":      domain.Clerk,
	"POST /v1/plans/{plan}/answer-finding":     domain.Editor,
	"POST /v1/plans/{plan}/items/{item}/carry": domain.Editor,

	"POST /v1/plans/{plan}/bundle":    domain.Reader, // it records who took what, and nothing else
	"GET /log/checkpoint":             domain.Reader, // these three: anyone, as Deps.PublicLog says
	"GET /log/tile/{path...}":         domain.Reader,
	"GET /log/tile/entries/{path...}": domain.Reader, // never anyone
	"GET /v1/verify":                  domain.Reader,
	"POST /v1/verify":                 domain.Auditor,
	"POST /v1/keys/rotate":            domain.Admin,

	"GET /v1/plans/{plan}/evidence":            domain.Reader,
	"GET /v1/plans/{plan}/evidence/{evidence}": domain.Reader,
	"POST /v1/plans/{plan}/evidence":           domain.Editor,
	"POST /v1/plans/{plan}/withdraw-evidence":  domain.Editor,

	"POST /v1/plans/{plan}/set-hold":     domain.DataProtection,
	"POST /v1/plans/{plan}/release-hold": domain.DataProtection,
	"POST /v1/plans/{plan}/erase-text":   domain.DataProtection,

	"GET /schemas":        anyone,
	"GET /schemas/{name}": anyone,
	"GET /asyncapi.json":  anyone,

	"GET /v1/tables/{table}": domain.Reader,

	"GET /v1/events":        domain.Reader,
	"GET /v1/events/stream": domain.Reader,
	"GET /v1/events/export": domain.Reader,

	"GET /v1/subscriptions":                        domain.Admin,
	"POST /v1/subscriptions":                       domain.Admin,
	"GET /v1/subscriptions/{subscription}":         domain.Admin,
	"POST /v1/subscriptions/{subscription}/rotate": domain.Admin,
	"POST /v1/subscriptions/{subscription}/pause":  domain.Admin,
	"POST /v1/subscriptions/{subscription}/resume": domain.Admin,
	"POST /v1/subscriptions/{subscription}/replay": domain.Admin,
	"POST /v1/subscriptions/{subscription}/ping":   domain.Admin,
	"POST /v1/subscriptions/{subscription}/end":    domain.Admin,

	"GET /v1/access": domain.Auditor,

	"GET /v1/tokens":                       domain.Admin,
	"POST /v1/tokens":                      domain.Admin,
	"POST /v1/tokens/{token}/revoke":       domain.Admin,
	"POST /v1/persons/{person}/rename":     domain.Admin,
	"POST /v1/persons/{person}/leave":      domain.Admin,
	"POST /v1/persons/{person}/erase-name": domain.DataProtection,
	"POST /v1/rebuild":                     domain.Admin,
	"GET /v1/backup":                       domain.Admin,
	"GET /v1/backup/entries":               domain.Admin,
	"GET /v1/backup/texts":                 domain.Admin,
	"GET /v1/backup/checkpoints":           domain.Admin,
}
