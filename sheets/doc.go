// Package sheets reads plans from what committees publish, and proposes what to record of them.
//
// Reading goes in three steps, so that a new format is one new reader and nothing else:
//
//	bytes ──decode──► text ──reader of the format──► grid ──tabulate──► table ──recognise──► Proposal ──Command──► domain.Import
//
// A reader (text with a bar at each cell's end, paragraphs, rows with bars, columns lined up with spaces, cells between
// slashes, blocks of "Name: value", CSV, HTML, DOCX, XLSX) yields a [grid]: cells with their places and lines of prose, in the
// order of the document, and no opinion of what they mean. Tabulating finds the header and the rows; recognising gives the
// cells meanings. Text in which no header stands is looked at once more: for a table that never had one, for minutes with
// numbered lists, for a table that was flattened to one line. Nothing is guessed on the way: what could not be read is a
// [Problem] with its place, what is likely but was not said in so many words is an [Offer], what the paper does not say is a
// need, and a file that holds no actions is refused by a sentence that says what it is.
//
// Columns of figures make measures: where a column says what is measured and none what is to be done, the rows are measures;
// else a measure stands beside its action. What a column called Target means is told by what stands in it, and by nobody where
// it may be dates or figures. A newer copy adds readings: a figure of a period once, the present figure when it has changed.
//
// A column of due dates says more than dates. What names a day or a month is the due date; anything else ("Q4 2026", "Spring
// 2027", "ongoing") is kept in its words as progress, and where it ends with a month of which there is no doubt ("Q4 2026/27")
// that month is offered. What columns mean is remembered for each header of a plan's papers, not for the plan.
//
// What reading may cost is bounded before the cost arises: bytes of text, lines, rows, cells, columns, tables, unpacked bytes
// of an archive. The limits depend on the file alone, so that it is read or refused the same everywhere.
//
// Reading is pure: the same bytes and options give the same Proposal and the same command, id included, so that recording
// a paper twice records it once.
package sheets
