// Package evidence shows that a history was neither altered, nor shortened, nor had anything left out, to people who
// trust neither the server nor us. It has Merkle proofs, signed checkpoints, and bundles: one zip with all that shows one
// plan's history, checked by [Verify], or by verify.sh without a line of Go.
//
// It knows nothing of how events are stored or served and imports only the standard library and golang.org/x/mod, so that
// a stranger can take the folder and nothing else. Every format in it is a public one, or stated here to the byte.
//
// # Leaves and tree
//
// A leaf is an event's exact stored bytes (one CloudEvents document in JSON, at most 65,535 bytes), never JSON written
// anew. Leaf hash, tree and proofs are those of RFC 6962 with SHA-256: a leaf is hashed behind a zero byte, an inner node
// behind a one. Leaf i of the log is the event at position i+1 of the history. [Tree] computes them as they come;
// hashes are stored under the indexes of golang.org/x/mod/sumdb/tlog.
//
// # Checkpoint
//
// What a log signs (c2sp.org/tlog-checkpoint): origin, size, root in base64, perhaps further lines, an empty line,
// signatures (c2sp.org/signed-note). Key and origin have the same name, of [A-Za-z0-9._:/-] only:
//
//	plantrail.example/acme
//	17
//	MhapX5ZxvLLKFsHFc+n2SYP7lCEL4wnqqIHD1kTH0DQ=
//
//	— plantrail.example/acme fTwiakmW...
//
// A verifier key is name+hash+base64(1, 32 bytes of Ed25519 key), where hash is the first four bytes, in hex, of
// SHA-256(name, newline, 1, key). A witness's key has 4 in place of 1, and its signature is a c2sp.org/tlog-cosignature:
// 8 bytes of time before Ed25519 over "cosignature/v1", newline, "time <seconds>", newline, checkpoint. Another kind of
// signature would have another number and is passed over by readers of checkpoints.
//
// # Proof
//
// c2sp.org/tlog-proof@v1, a text: that header, perhaps "extra <base64>" (which nothing authenticates), "index <n>", the
// hashes from the leaf's sibling up to the root's child, a line each in base64, an empty line, the checkpoint verbatim.
// A version 2 would have another header.
//
// # Tiles
//
// c2sp.org/tlog-tiles: see [Tile]. tile/0/x001/234 is 256 hashes of 32 bytes; tile/entries/x001/234 the 256 leaves, each
// behind its length in two bytes, big-endian; with .p/<W> behind the path, the first W of them.
//
// # Disclosure
//
// A text that people typed is not in its event; data._sd of the event has its digest (RFC 9901): unpadded base64url of
// SHA-256 of the disclosure, which is the unpadded base64url of the JSON array [salt, name, value]. All three are strings,
// the salt has at least 22 characters; data._sd_alg is "sha-256". So a text may be erased, and everything else still holds.
//
// # What a bundle needs of an event
//
// Of the members of the document: source (names the plan: /orgs/acme/plans/sdp), type, planseq (20 digits: the event's
// number in its plan, from 1, without a gap), prev (leaf hash of the plan's event before, in base64; not on the first), data. An
// event that records a document has its SHA-256 in hex in data.sha256 and its size in data.size. The event that issues a
// bundle has the type plantrail.bundle-issued.v1, is the plan's next, and states what was the last before it: its
// number, its position in the history (index in the log and one), its leaf hash; and the seal of the bundle's files:
//
//	"data":{"head_seq":42,"head_at":1234,"head":"<leaf hash of event 42>","contents":"<seal>"}
//
// The seal is the base64 of SHA-256 over one line for each file of the bundle that neither is a leaf of the plan nor fits
// into one (report.html, timeline.csv, timeline.json, verify.sh, files/..., related/...), in the order of names:
//
//	<SHA-256 in hex> <size> <name>
//
// # Bundle
//
// A zip file of which every byte is prescribed. All files are stored, not compressed; headers have version needed 10,
// made by 3.20, no flags, the date 1980-01-01 00:00, no extra fields and no comments, mode 0644; the first file begins at
// byte 0, each next where the one before ends, then the directory, then its end record. No zip64: under 4 GiB and 65,536
// files. Names are of [A-Za-z0-9._-], at most one folder deep; no two differ only in case. manifest.json is first, the rest
// in byte order:
//
//	manifest.json
//	checkpoint                         signed
//	disclosures/000001.txt             texts of event 1 that the reader may see, one encoded disclosure a line; may be absent
//	files/<name>                       documents
//	head.json                          the issuing event
//	key                                verifier keys, one a line: the log's, then the witnesses'
//	leaves/000001.json                 event 1, its exact bytes; and so on to the last, always all of them
//	proofs/000001.tlog-proof           its proof; proofs/head.tlog-proof, proofs/related-000001.tlog-proof
//	related/000001.json                events of other histories that belong to the tale: who a person was, which key signs
//	report.html timeline.csv timeline.json
//	verify.sh
//
// manifest.json is indented by one space a level, ends in a newline, and has exactly these members in this order:
//
//	{
//	 "format": "plantrail-bundle",
//	 "version": 1,
//	 "plan": "sdp",
//	 "source": "/orgs/acme/plans/sdp",
//	 "first": 1,
//	 "last": 42,
//	 "related": 1,
//	 "documents": [
//	  {
//	   "name": "files/000007-letter.pdf",
//	   "event": 7
//	  }
//	 ],
//	 "files": [
//	  {
//	   "name": "checkpoint",
//	   "size": 183,
//	   "sha256": "..."
//	  }
//	 ]
//	}
//
// Version 2 would say "version": 2 and might have zip64 or other signatures; a reader of version 1 refuses it by that
// number and says so.
//
// # Issuing one
//
// Make the report, timeline and documents, which must not depend on the clock, and gather the related events; [Bundle.Seal]
// them. Append an issuing event with that seal, on condition that the plan still ends where the report says ([NewHead]).
// Take the first checkpoint that covers it, which the log keeps anyway; [Bundle.Prove], [Bundle.Write], then [Verify] what
// was written. Whoever asks again can be given the same bundle, to the byte: make everything anew for the state before the
// issuing event, and where the seal is the same, so is the bundle. So a crash after the append, which leaves an issuing event
// without a bundle, loses nothing. The report can print an earlier root, not that of the checkpoint that covers its own seal.
//
// # Checks
//
// In this order, the first that fails being the verdict:
//
//   - container: laid out as above, nothing damaged, added or missing
//   - signature: each signature on the checkpoint is right and by a key in the bundle, one is the log's; that key is one
//     the verifier trusts, if it was told any
//   - root: what is signed is a checkpoint of that log, and all proofs are for it
//   - inclusion: each event is in its tree, at the place its proof says
//   - completeness: the plan's events are numbered densely from 1, each was recorded after the one before it, and the
//     issuing event states that the last was the last
//   - disclosures: each text is the one its event was recorded with
//   - files: documents are as recorded; report, timeline, script and documents as sealed by the issuing event
//
// What a bundle can't show: that the log's key is the log's (compare it with what you were told elsewhere), that the log
// shows everybody the same history (that is what witnesses and printed checkpoints are for), what happened after the
// issuing event, and that what people recorded was true.
package evidence
