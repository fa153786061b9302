// Package deploy holds what runs plantrail on several machines: the settings of a NATS cluster, alert rules, dashboards,
// an image. It has no code but the tests that keep those files right.
package deploy
