// Package web is plantrail's HTTP face: the commands of package domain and the questions of package projections as a
// JSON API, with CSV from the same queries, who may do what, and how a failure is told. DESIGN.md says why it is so.
package web
