// Package judges holds what others wrote against the feeds: two clients of server-sent events, the library of Standard
// Webhooks, and a mail server. It is a module of its own, so that plantrail itself depends on none of them.
package judges
