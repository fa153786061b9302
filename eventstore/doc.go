// Package eventstore keeps histories on NATS JetStream: it is the [domain.Journal] of a running plantrail.
//
// One organisation has four streams. HISTORY_<org> holds every event for ever, one CloudEvents document a message, one
// literal subject a plan; nothing in it is ever changed or removed. TEXTS_<org> holds the prose of those events, one
// message an event, and may be erased message by message: the event itself carries only salted digests of it.
// CHECKPOINTS_<org> holds the signed checkpoints of the history, each stored on condition of the one before it, and
// OBJ_EVIDENCE_<org> is the object store of the files that events speak of.
//
// The server runs inside the process by default ([Config].URL empty) or is a cluster of three. [Open] checks what it finds
// (server version, sync setting, each field of each stream, the streams' identity) and refuses rather than repairs.
//
// DESIGN.md in this folder tells why it is built so and what happens at each failure.
package eventstore
