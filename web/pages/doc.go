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
// Everything that is written into a page passes html/template, which escapes by place. The content security policy allows
// styles and scripts from this server's own files and nothing else; there is no inline style and no inline script.
package pages
