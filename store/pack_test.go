package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
)

// packed is a slot with something in every field.
func packed(t testing.TB) *slot {
	k := fuzzRing(t)
	at := time.Date(2026, 11, 22, 10, 0, 0, 123e6, time.UTC)
	jane, bob, alice := addr.MustParse("Jane@outside.example"), addr.MustParse("bob@outside.example"), addr.MustParse("alice@council.example")
	v := &slot{id: envelope.ID{1, 2, 3}, keys: k, kept: true, head: audit.MAC{9}, count: 7}
	v.key, _ = envelope.KeyFromBytes(bytes.Repeat([]byte{5}, 32))
	v.record = Record{
		ID: v.id, Profile: "default", Sender: alice, SenderName: "Alice", OnBehalf: "Office", EnvelopeFrom: alice,
		To: []string{"Jane Doe <Jane@outside.example>", "bob@outside.example", "", "x <y@z.example>"}, Cc: []string{"<bob@outside.example>", "no address"},
		Subject: "Care plan", OriginalID: "<1@council.example>", OuterID: k.MessageID([]byte("f"), "default", "secure.example"), References: "<a@b> <c@d>",
		ThreadTopic: "Care", ThreadIndex: "AQID", Marking: "OFFICIAL", Reply: "sender", SignIn: []string{"code", "password", "badge"},
		SealedAt: at, ExpiresAt: at.AddDate(0, 3, 0), LinkUntil: at.AddDate(0, 0, 14), ReadyAt: at.Add(time.Minute), Unannounced: true,
		Size: 4711, Digests: []envelope.Digest{{1}, {2}}, SecretHash: k.Secret(v.id).Hash(),
		Asks:      []Ask{{Kind: AskLetIn, From: addr.MustParse("carol@x.example"), As: jane, At: at}, {Kind: AskOpenAgain, From: bob, At: at.Add(-time.Hour)}},
		Destroyed: at.AddDate(1, 0, 0),
		Recipients: []RecipientState{
			{Address: bob, Status: Prepared, PreparedAt: at, By: "room a"},
			{Address: jane, Status: Recalled, PreparedAt: at, QueuedAt: at.Add(time.Second), OpenedAt: at.Add(time.Hour), Opens: 3, RecalledAt: at.Add(2 * time.Hour), Reason: "wrong",
				Delivery: Delivery{State: Handed, Host: "mx.outside.example", Text: "250 ok", At: at.Add(time.Minute)}},
		},
	}
	v.early = []audit.Entry{{Time: at, Nonce: [8]byte{1}, Actor: audit.Milter, Action: audit.Prepared, Objects: []string{jane.Key(), bob.Key(), "else@x.example", ""}}, {Time: at.Add(time.Second), Actor: "recipient:jane@outside.example", Action: audit.Queued, Reason: "4XyZ"}}
	v.later = []deferred{{id: "reminder-unopened", kind: "reminder", to: alice, data: "{}", due: at.AddDate(0, 0, 3), expires: at.AddDate(20, 0, 3), freed: true}, {id: "other", kind: "k", data: "d", due: at.AddDate(0, 0, 3), expires: at.AddDate(20, 0, 3)}}
	return v
}

// text shows everything that a slot holds, the key too.
func (v *slot) text() string {
	record, _ := json.Marshal(v.record)
	return fmt.Sprintf("%s %+v %v %x %v %v %d %+v %+v", record, v.record.Recipients, v.record.Destroyed, v.key.Bytes(), v.kept, v.head, v.count, v.early, v.later)
}

// Every field comes back, each alone missing too.
func TestPackKeepsEverything(t *testing.T) {
	for name, change := range map[string]func(*slot){
		"all":             func(*slot) {},
		"destroyed":       func(v *slot) { v.destroy(v.record.SealedAt) },
		"null sender":     func(v *slot) { v.record.Sender, v.record.EnvelopeFrom = addr.Address{}, addr.Address{} },
		"another secret":  func(v *slot) { v.record.SecretHash[0] ^= 1 },
		"another outer":   func(v *slot) { v.record.OuterID = "<ABC@secure.example>" },
		"no outer domain": func(v *slot) { v.record.OuterID = "<abcd@>" },
		"no outer":        func(v *slot) { v.record.OuterID = "" },
		"bare": func(v *slot) {
			v.record, v.early, v.later, v.count, v.head = Record{ID: v.id}, nil, nil, 0, audit.MAC{}
		},
		"sent to herself": func(v *slot) { v.record.Recipients[0].Address = v.record.Sender },
		"many":            func(v *slot) { manyMore(v, 300) },
	} {
		v := packed(t)
		change(v)
		got := &slot{id: v.id, keys: v.keys}
		if err := got.unpack(v.pack()); err != nil || got.text() != v.text() {
			t.Errorf("%s: %v, got\n%s\nwant\n%s", name, err, got.text(), v.text())
		}
	}
}

func manyMore(v *slot, n int) {
	for i := range n {
		a := addr.MustParse(fmt.Sprintf("p%03d@outside.example", i))
		v.record.Recipients = append(v.record.Recipients, RecipientState{Address: a, Status: Queued})
		v.record.To = append(v.record.To, a.String(), "P <"+a.String()+">")
	}
}

// What a newer program wrote, or nobody, is refused as a whole.
func TestUnpackRefuses(t *testing.T) {
	good := packed(t).pack()
	for name, plain := range map[string][]byte{
		"nothing": nil, "another version": append([]byte{packVersion + 1}, good[1:]...), "cut": good[:len(good)-1],
		"a field of another day": append(bytes.Clone(good), 63<<2|kindNumber, 1), "a word of another day": append(bytes.Clone(good), pProfile<<2|kindWord, 0x7f),
		"somebody unknown": append(bytes.Clone(good), pProfile<<2|kindPerson, 0x7f), "a flag of another day": append(bytes.Clone(good), pFlags<<2|kindNumber, 4),
		"a state of another day": append(bytes.Clone(good), pRecipient<<2|kindOctets, 2, rStatus<<2|kindNumber, 4), "a name without address": append(bytes.Clone(good), pName<<2|kindOctets, 1, 'x'),
	} {
		v := &slot{id: envelope.ID{1, 2, 3}, keys: fuzzRing(t)}
		if err := v.unpack(plain); !errors.Is(err, ErrSyntax) {
			t.Errorf("%s: got %v, want ErrSyntax", name, err)
		}
	}
}

// FuzzUnpack: whatever is read is written and read the same again.
func FuzzUnpack(f *testing.F) {
	whole := packed(f)
	f.Add(whole.pack())
	whole.destroy(whole.record.SealedAt)
	manyMore(whole, 3)
	f.Add(whole.pack())
	f.Add([]byte{packVersion})
	f.Add([]byte{packVersion, pTo<<2 | kindWord, 0})
	k := fuzzRing(f)
	f.Fuzz(func(t *testing.T, plain []byte) {
		v := &slot{id: envelope.ID{1, 2, 3}, keys: k}
		if err := v.unpack(plain); err != nil {
			if !errors.Is(err, ErrSyntax) {
				t.Fatal(err)
			}
			return
		}
		once, again := v.pack(), &slot{id: v.id, keys: k}
		if err := again.unpack(once); err != nil {
			t.Fatalf("%v: %s", err, v.text())
		}
		if twice := again.pack(); !bytes.Equal(twice, once) {
			t.Fatalf("got\n%s\nwant\n%s", again.text(), v.text())
		}
	})
}
