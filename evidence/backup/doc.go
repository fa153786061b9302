// Package backup is the form in which a history is kept apart from the journal: files that need no NATS, no SQLite and no
// plantrail to be read, and that prove themselves. It takes backups ([Update]), checks them ([Open]) and hands out what a
// journal is built anew from.
//
// # The directory
//
//	manifest.json             what it is of and how far it goes; replaced last, so that it alone decides
//	checkpoint                the signed checkpoint that it is a backup as of
//	tile/<level>/<n>[.p/<w>]  hashes of the log, as c2sp.org/tlog-tiles writes them
//	tile/entries/<n>[.p/<w>]  its entries: each event, to the byte
//	texts/<n>[.p/<w>]         the texts of the events in tile/entries/<n>, a line an event that has any; absent where none has
//	checkpoints/<first>       signed checkpoints, a line each, beginning with number <first> from 0
//	evidence/<plan>/<id>      files of evidence
//	erasures                  which texts were erased, a line each: no personal text is in it
//
// Directory and tools: checkpoint and tile/ are a static tiled log, which any reader of such logs can fetch and check. A line of
// texts, one of checkpoints, one of erasures:
//
//	{"leaf":41,"event":"019ab3f2-7c11-7e55-9a0b-3f1d5a7c9e21","disclosures":["WyJfMjZi…"]}
//	{"checkpoint":"plantrail/acme/5f0c91d2\n42\nCsUYapGG…=\n\n— plantrail/acme/5f0c91d2 …\n"}
//	{"plan":"sdp","event":"019ab3f2-…","field":"justification","asked":"2026-11-22T09:30:12.123456Z","authority":"Data Protection Officer"}
//
// manifest.json is indented by one space a level and ends in a newline; sha256 is over the same bytes with an empty sha256:
//
//	{
//	 "format": "plantrail-backup",
//	 "version": 1,
//	 "org": "acme",
//	 "journal": "5f0c91d2…32 hex digits",
//	 "checkpoint": "plantrail/acme/5f0c91d2\n42\n…",
//	 "checkpoints": 17,
//	 "keys": ["plantrail/acme/5f0c91d2+8d1f…+AQ…"],
//	 "mark": "…where the next backup goes on reading texts",
//	 "lost": [],
//	 "sha256": "…"
//	}
//
// Version 2 would say so there; this version refuses it by its number.
//
// # What proves what
//
// The checkpoint's signature proves the root, by a key that the log itself adopted: whoever has been told the key elsewhere
// compares it ([Backup.Keys]). The root proves each entry; each entry has the digests of its texts and of its file. So only
// the manifest needs a sum of its own, against accidents. lost names events whose texts, and files, were not to be had
// although nobody erased them: a backup goes on being taken of what there is, and says so.
//
// # As of a checkpoint, never half
//
// A backup is brought up to date by adding files under new names (a partial tile's name says how wide it is), then replacing
// manifest.json, then removing what only the earlier state had. A crash before the replacement leaves the earlier backup
// whole, with files beside it that nobody looks at; a crash after it leaves the new one whole. Files of the log are never
// written again.
//
// Texts are the exception: those that the log says were erased are taken out of their files, after manifest.json knows of
// it. A crash in between leaves a text that [Backup.Texts] does not hand out, [Backup.Leftover] counts, and the next Update
// removes. A text erased while the backup was taken is missing before the log has said so: then the log is read on, up to a
// checkpoint that covers it.
package backup
