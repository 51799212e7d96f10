package milter_test

import (
	"slices"
	"testing"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/milter"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/relay/relaytest"
)

// A sealed recipient whose name Postfix might not find again stays on the
// original and would get it in clear: the message is refused (promise 1). Where
// nobody is left to get the original nothing has to be found.
func TestRecipientThatCannotBeDeletedByName(t *testing.T) {
	for given, plain := range map[string]bool{
		outside: true, outside + ".": true, `"ann smith"@firm.example`: true, `"a,b"@firm.example`: true, "ann": true, `"ann"`: true,
		"@relay.example:" + outside: false, outside + ",": false, outside + ";": false, "Ann <" + outside + ">": false,
		outside + ">": false, "group:" + outside + ";": false, "@a,@b:" + outside: false, "ann(x)@firm.example": false,
	} {
		for _, more := range []bool{true, false} {
			w := newWorld(t)
			m := mailFor(message("[SECURE] x", outside))
			m.Recipients = []milter.Rcpt{{Given: given, Address: addr.MustParse(outside)}}
			if more {
				m.Recipients = append(m.Recipients, milter.Rcpt{Given: inside, Address: addr.MustParse(inside)})
			}
			got := w.decide(m)
			switch {
			case !more && got.Action != milter.Discard:
				t.Errorf("%s alone: got %+v, want discard", given, got)
			case more && plain && (got.Action != milter.Accept || !slices.Contains(got.Drop, given)):
				t.Errorf("%s: got %+v, want it dropped", given, got)
			case more && !plain && (got.Action != milter.Answer || got.Reply.Code != 550 || len(w.out.Sent()) != 0):
				t.Errorf("%s: got %+v and %d envelopes, want 550 and none", given, got, len(w.out.Sent()))
			}
		}
	}
}

// Of sendmail(1) the milter sees "root@mail.council.example" where Postfix looks
// for "root" or "@relay:bob@firm.example": nobody is deleted there, the original
// goes to the people inside by the inbound port and is discarded.
func TestLocalMailIsHandedOverInsteadOfDeleted(t *testing.T) {
	for name, c := range map[string]struct {
		rcpts  []string
		fail   error
		action milter.Action
		to     []string // who gets the original by the inbound port
	}{
		"mixed":             {[]string{inside, "ann@firm.example"}, nil, milter.Discard, []string{inside}},
		"nobody left":       {[]string{"ann@firm.example"}, nil, milter.Discard, nil},
		"inbound port away": {[]string{inside, "ann@firm.example"}, relay.ErrTemporary, milter.Answer, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			inbound := &relaytest.Outbox{Fail: func(relay.Mail) error { return c.fail }}
			w.f.Inbound = inbound
			text := message("[SECURE] x", outside)
			m := mailFor(text, c.rcpts...)
			m.Client.Login, m.Client.Local = "", true
			if got := w.decide(m); got.Action != c.action || len(got.Drop)+len(got.Add) != 0 {
				t.Errorf("got %+v", got)
			}
			var to []string
			for _, sent := range inbound.Sent() {
				for _, r := range sent.Recipients {
					to = append(to, r.Address.String())
				}
			}
			if !slices.Equal(to, c.to) {
				t.Errorf("got the original to %v, want %v", to, c.to)
			}
		})
	}
}

// A domain that is ours only after mapping is another one for Postfix, which
// would send the message out to it in clear.
func TestMappedSpellingOfOurDomainIsNotInside(t *testing.T) {
	for to, refused := range map[string]bool{
		"bob@coun\u00adcil.example": true, "bob@ｃouncil.example": true, "bob@council\u3002example": true,
		"bob@COUNCIL.Example": false, "bob@council.example.": false,
	} {
		w := newWorld(t)
		got := w.decide(mailFor(message("[SECURE] x", to), to))
		if refused != (got.Action == milter.Answer && got.Reply.Code == 550) || refused == (got.Action == milter.Accept) {
			t.Errorf("%+q: got %+v, refused wanted: %v", to, got, refused)
		}
	}
}
