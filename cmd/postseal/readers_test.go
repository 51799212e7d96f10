package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/netip"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/postseal/postseal/extract"
	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/milter/miltertest"
)

// hostile is a worker's reader that some documents end: what a defect of a real
// reader would do, without recover's help.
func hostile(ctx context.Context, j extract.Job) extract.Answer {
	switch {
	case bytes.Contains(j.File.Data, []byte("PLAY crash")):
		go func() { panic("a defect: secret words of the document") }()
		select {}
	case bytes.Contains(j.File.Data, []byte("PLAY memory")):
		for all := [][]byte{}; len(all) >= 0; {
			all = append(all, bytes.Repeat([]byte("x"), 8<<20))
		}
	}
	return extract.Do(ctx, j)
}

// sink: starts a mail server at $REENTRY, for the site that is made next.
func sinkCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: sink")
	}
	k := kitOf(ts)
	k.sink = e2etest.NewSink(k.t, e2etest.SinkOptions{})
	ts.Setenv("REENTRY", fmt.Sprintf("127.0.0.1:%d", k.sink.Port))
}

// sunk: prints what the sink was given.
func sunkCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: sunk")
	}
	for _, d := range kitOf(ts).sink.All() {
		fmt.Fprintf(ts.Stdout(), "%s\n%s\n", d.To(), d.Raw)
	}
}

// attach SENDER RECIPIENT SUBJECT FILE: hands a mail with an attached file to the
// running daemon; what the mail server makes of it is standard output.
func attachCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: attach SENDER RECIPIENT SUBJECT FILE")
	}
	body := "--b\r\nContent-Type: text/plain\r\n\r\nSee the file.\r\n--b\r\nContent-Type: application/rtf; name=" + args[3] +
		"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte(ts.ReadFile(args[3]))) + "\r\n--b--\r\n"
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := miltertest.Send(ctx, ts.Getenv("MILTER"), miltertest.Mail{
		ClientIP: netip.MustParseAddr("192.0.2.25"), From: args[0], Rcpts: []miltertest.Rcpt{{Address: args[1]}},
		Header: []miltertest.Field{{Name: "From", Value: " " + args[0]}, {Name: "To", Value: " " + args[1]}, {Name: "Subject", Value: " " + args[2]},
			{Name: "Date", Value: " Sun, 22 Nov 2026 10:00:00 +0000"}, {Name: "Message-ID", Value: " <" + args[3] + "@example.gov.uk>"},
			{Name: "MIME-Version", Value: " 1.0"}, {Name: "Content-Type", Value: " multipart/mixed; boundary=b"}},
		Body: []byte(body),
	})
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s %d %s\n", r.Action, r.Code, r.Text)
}
