package pages

// Hurry has the site wait for no work.
func (s *Site) Hurry() { s.soon = 0 }
