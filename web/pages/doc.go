// Package pages is plantrail in a browser: pages made on the server, which work without JavaScript.
//
// A page is a client of the HTTP API, in process, as the command line is: it asks with the signed-in person's own rights, shows
// what the API answers, and sends what a form says as the API's command. So there is one place that decides who may do
// what, one place that answers a question, and the same words on every face. The address of a page is that of its question
// without /v1, and the same address answers JSON and CSV: /plans/parks, /plans/parks?format=csv.
//
//	browser ──► Site ──► SignIn: who is it? ──► page: ask the API, fill a template ──► browser
//	                                              └── the API's own handler, in process
//
// What a page shows of a plan names its moment: the address at its foot has the position, and shows the same for ever. The
// picture of a plan's life is made of the plan's whole story, which takes longer than the rest of the page; its ratings are kept
// by the plan's version, without anybody's words, and drawn anew each time.
//
// What takes long goes on beside the request: a paper is read and recorded by work that has an address of its own, which says
// how far it is and looks again by itself. Scripts are three dozen lines that say how much of a file is sent; all works without.
//
// Everything that is written into a page passes html/template, which escapes by place. The content security policy allows
// styles and scripts from this server's own files and nothing else; there is no inline style and no inline script.
package pages
