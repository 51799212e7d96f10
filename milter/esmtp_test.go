package milter_test

import (
	"strings"
	"testing"

	"github.com/postseal/postseal/milter"
)

func TestMailArgs(t *testing.T) {
	for _, c := range []struct {
		args string
		want milter.Arguments
	}{
		{"", milter.Arguments{}},
		{"SIZE=1234 BODY=8BITMIME", milter.Arguments{EightBit: true}},
		{"body=8bitmime smtputf8", milter.Arguments{EightBit: true, UTF8: true}},
		{"RET=HDRS ENVID=QQ314159", milter.Arguments{Return: "HDRS", EnvelopeID: "QQ314159"}},
		{"ret=full ENVID=a+3Db", milter.Arguments{Return: "FULL", EnvelopeID: "a=b"}},
		{"RET=BOTH ENVID=a+3", milter.Arguments{}},
		{"ENVID=a+0D+0Ab", milter.Arguments{}},
		{"ENVID=" + strings.Repeat("x", 101), milter.Arguments{}},
		{"AUTH=<> XUNKNOWN=1", milter.Arguments{}},
	} {
		if got := milter.ParseMailArgs(c.args); got != c.want {
			t.Errorf("%q: got %+v, want %+v", c.args, got, c.want)
		}
	}
}

func TestRcptArgs(t *testing.T) {
	for _, c := range []struct{ args, notify, orcpt string }{
		{"", "", ""},
		{"NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;jane+2Bx@partner.example", "SUCCESS,FAILURE", "rfc822;jane+x@partner.example"},
		{"notify=never", "NEVER", ""},
		{"NOTIFY=NEVER,SUCCESS", "", ""},
		{"NOTIFY=SUCCESS,SUCCESS", "", ""},
		{"NOTIFY=LATER", "", ""},
		{"ORCPT=jane@partner.example", "", ""},
		{"ORCPT=rfc822;", "", ""},
		{"ORCPT=rfc 822;x", "", ""},
		{"ORCPT=rfc822;a+0ARCPT+20TO", "", ""},
		{`ORCPT=utf-8;\x{E9}l@partner.example`, "", `utf-8;\x{E9}l@partner.example`},
	} {
		notify, orcpt := milter.ParseRcptArgs(c.args)
		if notify != c.notify || orcpt != c.orcpt {
			t.Errorf("%q: got %q %q, want %q %q", c.args, notify, orcpt, c.notify, c.orcpt)
		}
	}
}

// FuzzArguments: whatever a client writes, nothing that comes out can end or
// split an SMTP command.
func FuzzArguments(f *testing.F) {
	for _, seed := range []string{
		"SIZE=1 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+3Db",
		"NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x+40y", "ENVID=+0D+0A", "ORCPT=;", "=", "+", "NOTIFY=", "ENVID=+C3+A9",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, args string) {
		a := milter.ParseMailArgs(args)
		notify, orcpt := milter.ParseRcptArgs(args)
		for _, text := range []string{a.Return, a.EnvelopeID, notify, orcpt} {
			if strings.ContainsAny(text, "\r\n\x00") {
				t.Errorf("%q gives a line end in %q", args, text)
			}
			if len(text) > 600 {
				t.Errorf("%q gives %d octets", args, len(text))
			}
		}
		if a.Return != "" && a.Return != "HDRS" && a.Return != "FULL" {
			t.Errorf("RET %q", a.Return)
		}
	})
}
