// Package sheets reads plans from what committees publish, and proposes what to record of them.
//
// Reading goes in three steps, so that a new format is one new reader and nothing else:
//
//	bytes ──decode──► text ──reader of the format──► grid ──tabulate──► table ──recognise──► Proposal ──Command──► domain.Import
//
// A reader (text with a bar at each cell's end, paragraphs, rows with bars, CSV) yields a [grid]: cells with their places and
// lines of prose, in the order of the document, and no opinion of what they mean. Tabulating finds the header and the rows;
// recognising gives the cells meanings. Nothing is guessed on the way: what could not be read is a [Problem] with its place,
// what is likely but was not said in so many words is an [Offer], what the paper does not say is a need.
//
// Reading is pure: the same bytes and options give the same Proposal and the same command, id included, so that recording
// a paper twice records it once.
package sheets
