package postfix

import (
	"bufio"
	"io"
	"time"
)

// For the tests of the map's protocol.
var (
	ErrNetstring    = errNetstring
	AppendNetstring = appendNetstring
	PostfixTime     = postfixTime
)

const (
	MaxRequest     = maxRequest
	LifetimeMargin = lifetimeMargin
)

func ReadNetstring(r io.Reader, max int) ([]byte, error) {
	return readNetstring(bufio.NewReaderSize(r, 16), max)
}

// SetLimits exchanges the server's bounds; zero ones stay.
func (s *TLSServer) SetLimits(clients int, idle, slow time.Duration) {
	s.limits = mapLimits{clients, idle, slow}
}
