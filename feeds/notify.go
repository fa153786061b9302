package feeds

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"plantrail/domain"
)

// Notice is a message of notices as a webhook gets it, signed like an event:
//
//	{"type":"plantrail.notice.v1","subscription":"ann","text":"sdp/calls is rated red …","lines":["sdp/calls is rated red …"]}
//
// The services in which people chat show the text as it is. Members may be added.
type Notice struct {
	Type         string                `json:"type"`
	Subscription domain.SubscriptionID `json:"subscription"`
	Text         string                `json:"text"`           // all of it
	Lines        []string              `json:"lines"`          // a notice each
	More         int                   `json:"more,omitempty"` // how many more there were
}

const noticeType = "plantrail.notice.v1"

// notify posts notices once. Where the target says that it wants no more the subscription is paused.
func (c *Courier) notify(ctx context.Context, s domain.Subscription, target, id string, lines []string, more int) error {
	text := strings.Join(lines, "\n")
	if more > 0 {
		text += "\n… and " + strconv.Itoa(more) + " more."
	}
	body, err := json.Marshal(Notice{noticeType, s.Subscription, text, lines, more})
	if err != nil {
		return err
	}
	got, err := c.post(ctx, s, target, id, body)
	if got.status == http.StatusGone {
		return c.pause(ctx, s.Subscription)
	}
	return err
}
