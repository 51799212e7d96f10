package e2etest

import (
	"net"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// Zone is what a NameServer knows: texts and addresses by name without final dot.
type Zone struct {
	TXT map[string]string
	A   map[string][4]byte
	PTR map[string]string
}

// maxQuery bounds a question over UDP (RFC 1035 section 2.3.4).
const maxQuery = 512

// NameServer answers DNS over UDP on 127.0.0.1 out of a Zone, so that programs
// which check DKIM and DMARC find the test's keys, and nobody asks the internet.
// It says "no such name" to the rest and stops when the test ends. It gives its port.
func NameServer(t testing.TB, z Zone) int {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		b := make([]byte, maxQuery)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			if answer := z.answer(b[:n]); answer != nil {
				_, _ = c.WriteTo(answer, from)
			}
		}
	}()
	return c.LocalAddr().(*net.UDPAddr).Port
}

func (z Zone) answer(query []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	name := strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))
	out := dnsmessage.Message{Header: dnsmessage.Header{ID: m.ID, Response: true, Authoritative: true, RecursionDesired: m.RecursionDesired, RecursionAvailable: true}, Questions: m.Questions}
	add := func(body dnsmessage.ResourceBody) {
		out.Answers = append(out.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: 60}, Body: body})
	}
	text, hasText := z.TXT[name]
	address, hasAddress := z.A[name]
	host, hasHost := z.PTR[name]
	switch {
	case q.Type == dnsmessage.TypeTXT && hasText:
		var pieces []string
		for ; len(text) > 255; text = text[255:] { // RFC 1035 section 3.3
			pieces = append(pieces, text[:255])
		}
		add(&dnsmessage.TXTResource{TXT: append(pieces, text)})
	case q.Type == dnsmessage.TypeA && hasAddress:
		add(&dnsmessage.AResource{A: address})
	case q.Type == dnsmessage.TypePTR && hasHost:
		if n, err := dnsmessage.NewName(host + "."); err == nil {
			add(&dnsmessage.PTRResource{PTR: n})
		}
	case !hasText && !hasAddress && !hasHost:
		out.RCode = dnsmessage.RCodeNameError
	}
	b, err := out.Pack()
	if err != nil {
		return nil
	}
	return b
}
