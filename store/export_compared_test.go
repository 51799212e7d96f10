package store

// Compared counts the passwords and answers that a store has compared.
func (s *Store) Compared() int64 { return s.compared.Load() }
