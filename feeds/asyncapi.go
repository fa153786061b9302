package feeds

import (
	"strings"

	"plantrail/domain"
)

// AsyncAPI is the AsyncAPI 3 document of the ways on which events come: server-sent events, webhooks and NATS. Its messages
// are the schemas of [SchemaOf]; pages are in the OpenAPI document.
func AsyncAPI(org domain.OrgID, version string) []byte {
	schemas, messages := Schema{}, Schema{}
	refs, lines := Schema{}, []any{}
	for _, e := range domain.Events() {
		name := e.Type() + ".v1"
		s := SchemaOf(e)
		delete(s, "$schema")
		delete(s, "$id")
		schemas[name] = s
		messages[name] = Schema{"name": "plantrail." + name, "title": strings.ReplaceAll(e.Type(), "-", " "),
			"contentType": "application/cloudevents+json", "payload": Schema{"$ref": "#/components/schemas/" + name}}
		refs[name] = Schema{"$ref": "#/components/messages/" + name}
		lines = append(lines, Schema{"$ref": "#/components/schemas/" + name})
	}
	schemas["line"] = lineSchema(lines)
	messages["line"] = Schema{"name": "line", "title": "an event as a line", "contentType": "application/json", "payload": Schema{"$ref": "#/components/schemas/line"}}
	schemas["reset"] = resetSchema
	messages["reset"] = Schema{"name": "reset", "title": "what to drop after a restore", "contentType": "application/json", "payload": Schema{"$ref": "#/components/schemas/reset"}}
	schemas["hash"], schemas["ping"], schemas["notice"] = hashSchema, pingSchema, noticeSchema
	messages["notice"] = Schema{"name": "notice", "title": "what a person wanted to be told", "contentType": "application/json", "payload": Schema{"$ref": "#/components/schemas/notice"}}
	messages["hash"] = Schema{"name": "hash", "title": "of an event that was left out", "contentType": "application/json", "payload": Schema{"$ref": "#/components/schemas/hash"}}
	messages["ping"] = Schema{"name": "ping", "title": "a test", "contentType": "application/json", "payload": Schema{"$ref": "#/components/schemas/ping"}}
	of := func(names ...string) Schema {
		all := Schema{}
		for _, name := range names {
			all[name] = Schema{"$ref": "#/components/messages/" + name}
		}
		return all
	}
	return Schema{
		"asyncapi": "3.0.0", "defaultContentType": "application/json",
		"info": Schema{"title": "plantrail feeds", "version": version, "description": "Every change, once, in the order of the history, with the exact bytes that are the leaf of the Merkle log."},
		"servers": Schema{
			"http": Schema{"host": "localhost:8080", "protocol": "https", "description": "plantrail itself: the address at which you reach it"},
			"nats": Schema{"host": "localhost:4222", "protocol": "nats", "description": "the organisation's NATS cluster"}},
		"channels": Schema{
			"stream":  Schema{"address": "/v1/events/stream", "messages": of("line", "hash"), "servers": []any{Schema{"$ref": "#/servers/http"}}, "description": "Server-sent events: id is the cursor, data the line. Reconnect with Last-Event-ID. Hashes come where they were asked for."},
			"webhook": Schema{"address": nil, "messages": of("line", "reset", "ping", "notice"), "description": "POST to the subscriber's URL, signed as of standardwebhooks.com: webhook-id, webhook-timestamp, webhook-signature with v1 and v1a. The id of an event is the same on each try. A reset comes instead of an event when the history was restored from an older copy; a ping, at position 0, when a person tests the subscription. A subscription of notices gets those instead."},
			"nats": Schema{"address": "history." + string(org) + ".{plan}", "messages": refs, "servers": []any{Schema{"$ref": "#/servers/nats"}},
				"parameters":  Schema{"plan": Schema{"description": "a plan that the subscription covers"}},
				"description": "JetStream: the subscriber's own durable consumer. The message's data are the stored bytes; its stream sequence is the position."}},
		"operations": Schema{
			"stream":  Schema{"action": "send", "channel": Schema{"$ref": "#/channels/stream"}},
			"webhook": Schema{"action": "send", "channel": Schema{"$ref": "#/channels/webhook"}},
			"nats":    Schema{"action": "send", "channel": Schema{"$ref": "#/channels/nats"}}},
		"components": Schema{"schemas": schemas, "messages": messages},
	}.Bytes()
}

// resetSchema is of what a webhook is sent when the history is not the one that was delivered.
var resetSchema = Schema{"type": "object", "required": []string{"position", "cursor", "reset"}, "properties": Schema{
	"position": Schema{"type": "integer", "minimum": 0, "description": "drop what you have after this position: what follows comes from there on"},
	"cursor":   Schema{"type": "string", "description": "of that place"},
	"reset":    Schema{"const": true}}}

// hashSchema is of what stands for an event that a query leaves out, where its hash was asked for.
var hashSchema = Schema{"type": "object", "required": []string{"position", "hash"}, "properties": Schema{
	"position": Schema{"type": "integer", "minimum": 1, "description": "of the event that is left out"},
	"hash":     Schema{"type": "string", "pattern": hashPattern, "description": "its leaf hash"}}}

// pingSchema is of a test. It is no part of the history, and has no cursor.
var pingSchema = Schema{"type": "object", "required": []string{"position", "event"}, "properties": Schema{
	"position": Schema{"const": 0},
	"event": Schema{"type": "object", "required": []string{"specversion", "id", "source", "type", "time", "data"}, "properties": Schema{
		"specversion": Schema{"const": "1.0"},
		"id":          Schema{"type": "string"},
		"source":      Schema{"type": "string", "format": "uri-reference"},
		"type":        Schema{"const": "plantrail.ping.v1"},
		"time":        Schema{"type": "string", "format": "date-time"},
		"data":        Schema{"type": "object"}}}}}

// noticeSchema is of a [Notice].
var noticeSchema = Schema{"type": "object", "required": []string{"type", "subscription", "text", "lines"}, "properties": Schema{
	"type":         Schema{"const": noticeType},
	"subscription": Schema{"type": "string"},
	"text":         Schema{"type": "string", "description": "all of it, as chat services show it"},
	"lines":        Schema{"type": "array", "minItems": 1, "items": Schema{"type": "string"}, "description": "a notice each"},
	"more":         Schema{"type": "integer", "minimum": 1, "description": "how many more there were"}}}

func lineSchema(events []any) Schema {
	return Schema{"type": "object", "required": []string{"position", "event"}, "properties": Schema{
		"position":    Schema{"type": "integer", "minimum": 1, "description": "place in the history: the event is leaf position-1 of the log"},
		"cursor":      Schema{"type": "string", "description": "of the place just after it"},
		"disclosures": Schema{"type": "array", "items": Schema{"type": "string"}, "description": "RFC 9901 disclosures of its texts; the SHA-256 of each stands in data._sd"},
		"withheld":    Schema{"type": "integer", "description": "texts that the subscription does not cover"},
		"event":       Schema{"oneOf": events, "description": "the stored CloudEvent, byte for byte, always the last member"}}}
}
