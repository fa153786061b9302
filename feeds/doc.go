// Package feeds carries every change to whoever subscribed to it: once, in the order of the history, and with the exact
// bytes that are the leaf of its Merkle log. Pages, streams and webhooks are one line form read from one [Feed].
// DESIGN.md is the contract with subscribers and says why it is so.
package feeds
