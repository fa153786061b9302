// Package judges holds what others wrote against the feeds: two clients of server-sent events, the library of Standard
// Webhooks, a mail server, and the command line of NATS (a module within it). It is a module of its own, so that plantrail itself depends on none of them.
package judges
