package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/milter/miltertest"
	"github.com/postseal/postseal/store"
)

// send SENDER RECIPIENT SUBJECT: hands a mail to the running daemon as Postfix
// would; what the mail server makes of it is standard output.
func sendCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: send SENDER RECIPIENT SUBJECT")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := miltertest.Send(ctx, ts.Getenv("MILTER"), miltertest.Mail{
		ClientIP: netip.MustParseAddr("192.0.2.25"), From: args[0], Rcpts: []miltertest.Rcpt{{Address: args[1]}},
		Header: []miltertest.Field{{Name: "From", Value: " " + args[0]}, {Name: "To", Value: " " + args[1]}, {Name: "Subject", Value: " " + args[2]},
			{Name: "Date", Value: " Sat, 21 Nov 2026 10:00:00 +0000"}, {Name: "Message-ID", Value: " <1@example.gov.uk>"}},
		Body: []byte("Hello.\r\n"),
	})
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s %d %s\n", r.Action, r.Code, r.Text)
}

// escrow NAME [PASSPHRASE]: makes NAME.pub, a certificate, and NAME.key, its
// secret key.
func escrowCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: escrow NAME [PASSPHRASE]")
	}
	e, err := openpgp.NewEntity("Escrow", "", args[0]+"@example.gov.uk", &packet.Config{Algorithm: packet.PubKeyAlgoEd25519, V6Keys: true})
	ts.Check(err)
	var pub, secret bytes.Buffer
	ts.Check(e.Serialize(&pub))
	if len(args) == 2 {
		ts.Check(e.EncryptPrivateKeys([]byte(args[1]), nil))
	}
	ts.Check(e.SerializePrivateWithoutSigning(&secret, nil))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".pub"), pub.Bytes(), 0o644))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".key"), secret.Bytes(), 0o600))
}

// seal MAIL PAGE CERTIFICATE: puts a mail into a securedoc.html that the
// certificate's secret key opens.
func sealCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: seal MAIL PAGE CERTIFICATE")
	}
	mail, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	cert, err := os.ReadFile(ts.MkAbs(args[2]))
	ts.Check(err)
	key, err := envelope.ParseEscrow(cert)
	ts.Check(err)
	var container, page bytes.Buffer
	_, err = envelope.Seal(&container, bytes.NewReader(mail), envelope.SealOptions{Key: envelope.NewKey(), SaltSeed: sha256.Sum256(mail), Escrow: []envelope.EscrowKey{key}})
	ts.Check(err)
	ts.Check(envelope.WritePage(&page, envelope.Page{
		ID: envelope.ID{1}, Secret: secretOf(ts), Servers: []string{"https://secure.example.gov.uk"},
		Organisation: "Borough of Example", From: "Jane Doe <jane@example.gov.uk>", To: []string{"bob@firm.example"},
	}, &container))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), page.Bytes(), 0o644))
}

func secretOf(ts *testscript.TestScript) envelope.Secret {
	s, err := envelope.SecretFromBytes(bytes.Repeat([]byte{7}, 32))
	ts.Check(err)
	return s
}

// vector NAME PAGE: writes the page of a case of testdata/envelope.
func vectorCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: vector NAME PAGE")
	}
	b, err := os.ReadFile("../../testdata/envelope/" + args[0] + ".txt")
	ts.Check(err)
	_, page, ok := bytes.Cut(b, []byte("\n\n"))
	if !ok {
		ts.Fatalf("%s has no page", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), page, 0o644))
}

// damage PAGE NEW: copies a page with one character of its container exchanged.
func damageCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: damage PAGE NEW")
	}
	page, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	at := bytes.Index(page, []byte(`name="ct"`)) + 400
	if page[at] == 'A' {
		page[at] = 'B'
	} else {
		page[at] = 'A'
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), page, 0o644))
}

// deadsocket PATH: leaves a socket's file behind, as a program does that was
// killed.
func deadsocketCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: deadsocket PATH")
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: args[0], Net: "unix"})
	ts.Check(err)
	l.SetUnlinkOnClose(false)
	ts.Check(l.Close())
}

// prepare RECIPIENT...: stores a sealed message in the session's Redis, as the
// milter does; its id is $ID.
func prepareCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: prepare RECIPIENT...")
	}
	keys, err := loadKeyring(ts.Getenv("RUN") + "/master.key")
	ts.Check(err)
	st, err := store.Open(store.Options{Addresses: []string{ts.Getenv("REDIS")}, Keys: keys})
	ts.Check(err)
	defer st.Close()
	now := time.Now()
	sum := sha256.Sum256([]byte(strings.Join(args, " ")))
	id := envelope.ID(sum[:16])
	p := store.Preparation{Key: envelope.NewKey(), Now: now, Record: store.Record{
		ID: id, Profile: "default", Sender: addr.MustParse("jane@example.gov.uk"), EnvelopeFrom: addr.MustParse("jane@example.gov.uk"),
		Subject: "Planted subject", SealedAt: now, ExpiresAt: now.Add(24 * time.Hour), LinkUntil: now.Add(time.Hour),
	}}
	for _, a := range args {
		p.Recipients = append(p.Recipients, addr.MustParse(a))
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ts.Check(st.Prepare(ctx, p))
	ts.Setenv("ID", id.String())
}
