package store

import "time"

// NotYetError is ErrNotYet with the time from which the message opens.
type NotYetError struct{ Until time.Time }

func (e *NotYetError) Error() string { return ErrNotYet.Error() }

// Is makes errors.Is(err, ErrNotYet) hold.
func (e *NotYetError) Is(target error) bool { return target == ErrNotYet }

// NeverReadable tells whether a recipient's entry was closed while the key was
// still held back from everybody: then nobody can have read it there.
func (r *Record) NeverReadable(s RecipientState) bool {
	return s.Status == Recalled && s.OpenedAt.IsZero() && s.RecalledAt.Before(r.ReadyAt)
}
