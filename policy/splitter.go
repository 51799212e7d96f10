package policy

import "bytes"

// splitter cuts a stream into the runs that a sink wants. A bare CR ends a line
// too, as some programs take it.
type splitter struct {
	to    sink
	buf   []byte // not yet handed on: what may be the beginning of "--"
	start bool   // the next octet begins a line
	dash  bool   // within a line that begins with "--"
}

func newSplitter(to sink) *splitter { return &splitter{to: to, start: true} }

func (s *splitter) write(p []byte) {
	if len(s.buf) > 0 {
		p = append(s.buf, p...)
		s.buf = nil
	}
	for len(p) > 0 {
		n := s.runLength(p)
		if n == 0 {
			s.buf = bytes.Clone(p)
			return
		}
		s.hand(p[:n])
		p = p[n:]
	}
}

// close hands on what is left and closes the sink.
func (s *splitter) close() {
	for p := s.buf; len(p) > 0; {
		n := lineLength(p)
		s.hand(p[:n])
		p = p[n:]
	}
	s.to.close()
}

func (s *splitter) hand(b []byte) {
	s.to.run(b, s.start)
	last := b[len(b)-1]
	s.start = last == '\n' || last == '\r'
}

// runLength gives the length of the next run of p, or 0 when more octets are
// needed to tell.
func (s *splitter) runLength(p []byte) int {
	if s.start && p[0] == '-' {
		if len(p) == 1 {
			return 0
		}
		s.dash = p[1] == '-'
	}
	if s.dash {
		return s.dashLength(p)
	}
	n := beforeDashes(p)
	if n < len(p) {
		return n
	}
	// Keep back what may go on as "--" or as CRLF.
	if p[n-1] == '-' && n > 1 && isLineEnd(p[n-2]) {
		return n - 1
	}
	for p[n-1] == '\r' && len(p)-n < maxCR {
		if n--; n == 0 {
			break
		}
	}
	return n
}

// maxCR is how many CRs before a LF are taken as part of one line end.
const maxCR = 3

// dashLength is runLength within a line that begins with "--".
func (s *splitter) dashLength(p []byte) int {
	const whole = 2 * maxBoundary // a longer line is no boundary and may come in pieces
	n := lineLength(p)
	switch last := p[n-1]; {
	case last == '\r' && n < len(p) && len(p)-n < maxCR && len(bytes.Trim(p[n:], "\r")) == 0:
		return 0
	case last == '\n', last == '\r' && n < len(p):
		s.dash = false
	case s.start && len(p) < whole:
		return 0
	case last == '\r': // LF may follow
		return n - 1
	}
	return n
}

// beforeDashes gives the length of what stands in front of the first line, but
// the one at the start, that begins with "--".
func beforeDashes(p []byte) int {
	from := 0
	for {
		i := bytes.Index(p[from:], []byte("--"))
		if i < 0 {
			return len(p)
		}
		i += from
		if i > 0 && (p[i-1] == '\n' || p[i-1] == '\r') {
			return i
		}
		from = i + 1
		if i == 0 {
			continue
		}
		// In a row of dashes only the first two can begin a line.
		for from < len(p) && p[from] == '-' {
			from++
		}
	}
}

// lineLength gives the length of the first line of p with its end: LF, CRLF, CR
// alone, or CR CR LF, which some gateways make of CRLF.
func lineLength(p []byte) int {
	i := bytes.IndexAny(p, "\r\n")
	if i < 0 {
		return len(p)
	}
	for j := i; j < len(p) && j <= i+maxCR; j++ {
		if p[j] == '\n' {
			return j + 1
		}
		if p[j] != '\r' {
			break
		}
	}
	return i + 1
}
