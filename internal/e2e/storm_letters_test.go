package e2e_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/internal/storm"
)

// letter is one mail of a storm, the same for a seed and a number.
func (s *tempest) letter(n int) (m storm.Mail, to []string, raw []byte) {
	r := rand.New(rand.NewPCG(s.seed, uint64(n)))
	name := fmt.Sprintf("%06d", n)
	m = storm.Mail{Name: name, From: "s" + name + "@" + e2etest.InsideDomain, To: map[string]storm.Want{}}
	add := func(a string, w storm.Want) { m.To[a] = w; to = append(to, a) }
	subject, shown := "[SECURE] storm "+name, 1
	switch kind := r.IntN(100); {
	case kind < 35:
		subject = "storm " + name
		add("p"+name+"@firm.example", storm.Clear)
	case kind < 70:
		for i := range 1 + r.IntN(3) {
			add(fmt.Sprintf("t%s-%d@firm.example", name, i), storm.Sealed)
		}
		shown = len(to)
	case kind < 73:
		m.Refuse = true
		add("x"+name+"@"+refusedDomain, storm.Sealed)
		add("c"+name+"@"+e2etest.InsideDomain, storm.Clear)
		shown = 2
	case kind < 85:
		add("m"+name+"@firm.example", storm.Sealed)
		add("c"+name+"@"+e2etest.InsideDomain, storm.Clear)
		shown = 2
	default:
		for i := range 2 + r.IntN(3) { // all but the first are Bcc
			add(fmt.Sprintf("b%s-%d@firm.example", name, i), storm.Sealed)
		}
	}
	size := 10 + r.IntN(20<<10)
	switch big := r.IntN(1000); {
	case big < 4 && len(subject) > len("storm 000000"): // so much text in clear would be sealed as too big to read
		size = 5<<20 + r.IntN(15<<20)
	case big < 80:
		size = r.IntN(300 << 10)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: <%s>\r\nTo: %s\r\nSubject: %s\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\nMessage-ID: <%s.%d@storm.example.gov.uk>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n", m.From, strings.Join(to[:shown], ", "), subject, name, s.seed)
	for word := stormWord(s.seed, n); b.Len() < size+len(word); {
		fmt.Fprintf(&b, "%s %x\r\n", word, r.Uint64())
	}
	return m, to, append(b.Bytes(), stormWord(s.seed, n)+"\r\n"...)
}

// refusedDomain is one whose people the re-entry port refuses for good.
const refusedDomain = "refused.example"

// stormWord stands in each line of a letter's text, and nowhere in what shows of
// an envelope.
func stormWord(seed uint64, n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %d", seed, n))
	return fmt.Sprintf("kestrel%x", sum[:8])
}

// send tries until a mail is acknowledged or refused for good, as a mail program
// with patience does. Each sixteenth that is sealed for all is sent once more
// afterwards, as by a program that forgot its 250: that must add nothing.
func (s *tempest) send(n int) {
	m, to, raw := s.letter(n)
	s.try(&m, to, raw)
	if sealedOnly := len(m.To) > 0 && m.Acked && n%16 == 0; sealedOnly {
		for _, want := range m.To {
			sealedOnly = sealedOnly && want == storm.Sealed
		}
		if sealedOnly {
			m.Acked = false
			s.try(&m, to, raw)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails[n] = m
	s.acked.Add(1)
}

// try is one mail program's patience with one mail.
func (s *tempest) try(m *storm.Mail, to []string, raw []byte) {
	pause := time.NewTicker(200 * time.Millisecond)
	defer pause.Stop()
	for end := time.Now().Add(s.patience); time.Now().Before(end) && !m.Acked && !m.Refused; {
		_, err := e2etest.Send(s.t, s.near.Submission, m.From, to, raw, e2etest.SendOptions{})
		var refused *e2etest.Refusal
		switch {
		case err == nil:
			m.Acked = true
		case !errors.As(err, &refused): // cut: perhaps after the end of data
			m.Cuts = append(m.Cuts, time.Now())
			<-pause.C
		case refused.Temporary():
			<-pause.C
		default:
			m.Refused = true
			s.t.Logf("mail %s: %v", m.Name, refused)
		}
	}
}
