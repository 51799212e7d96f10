package postfix_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/postfix"
)

func checkOptions(p *e2etest.Postfix) postfix.CheckOptions {
	return postfix.CheckOptions{
		ConfigDir: p.ConfigDir, Milter: "unix:" + p.MilterSocket, Reentry: e2etest.Loopback(p.Reentry), Inbound: e2etest.Loopback(p.Inbound),
		Inside:  func(a addr.Address) bool { return strings.HasSuffix("."+a.DomainKey(), ".example.gov.uk") },
		Domains: []string{e2etest.InsideDomain, e2etest.LocalDomain, "below." + e2etest.InsideDomain},
	}
}

func postconf(t *testing.T, p *e2etest.Postfix, args ...string) {
	t.Helper()
	out, err := exec.Command("/usr/sbin/postconf", append([]string{"-c", p.ConfigDir}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("postconf %v: %v\n%s", args, err, out)
	}
}

// What contrib's script sets up is what Check wants: no problem at all.
func TestCheckAcceptsWhatTheScriptApplies(t *testing.T) {
	for name, o := range map[string]e2etest.PostfixOptions{
		"plain":         {},
		"with a milter": {Main: map[string]string{"smtpd_milters": "inet:127.0.0.1:8891", "non_smtpd_milters": "$smtpd_milters"}},
		"with tables":   {Tables: map[string]string{"virtual": virtualTable}, Main: map[string]string{"virtual_alias_domains": "", "always_bcc": "archive@example.gov.uk"}},
	} {
		got, err := postfix.Check(context.Background(), checkOptions(e2etest.NewPostfix(t, o)))
		if err != nil || len(got) != 0 {
			t.Errorf("%s: got %+v, %v, want no problem", name, got, err)
		}
	}
}

// Each way to break the wiring is found, and named by the setting to change.
func TestCheckFindsBrokenWiring(t *testing.T) {
	p := e2etest.NewPostfix(t, e2etest.PostfixOptions{Main: map[string]string{"smtpd_milters": "inet:127.0.0.1:8891"}})
	if err := os.WriteFile(filepath.Join(p.ConfigDir, "header"), []byte("/^Subject: x/ REDIRECT spy@firm.example\n/^To:/ BCC ok@example.gov.uk\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	guard, back, inbound := p.Guard(), e2etest.Loopback(p.Reentry)+"/inet", e2etest.Loopback(p.Inbound)+"/inet"
	cases := []struct {
		name    string
		change  [][]string
		fatal   bool
		setting string
		says    string
	}{
		{"percent hack", [][]string{{"-e", "allow_percent_hack=yes"}}, true, "main.cf: allow_percent_hack", "outside"},
		{"bang path", [][]string{{"-e", "swap_bangpath=yes"}}, true, "main.cf: swap_bangpath", "outside"},
		{"forward files", [][]string{{"-X", "forward_path"}}, true, "main.cf: forward_path", ".forward"},
		{"bare newline", [][]string{{"-e", "smtpd_forbid_bare_newline=no"}}, true, "main.cf: smtpd_forbid_bare_newline", "bare line feed"},
		{"luser_relay", [][]string{{"-e", "luser_relay=$user@firm.example"}}, true, "main.cf: luser_relay", "outside"},
		{"always_bcc", [][]string{{"-e", "always_bcc=archive@vault.example"}}, true, "main.cf: always_bcc", "copy"},
		{"fallback", [][]string{{"-e", "fallback_transport=smtp:[192.0.2.1]"}}, false, "main.cf: fallback_transport", "asked"},
		{"generic", [][]string{{"-e", "smtp_generic_maps=inline:{a=b}"}}, false, "main.cf: smtp_generic_maps", "recipient"},
		{"redirect", [][]string{{"-e", "header_checks=regexp:" + p.ConfigDir + "/header"}}, true, "main.cf: header_checks", "spy@firm.example"},
		{"redirect by an attachment", [][]string{{"-e", "mime_header_checks=regexp:" + p.ConfigDir + "/header"}}, true, "main.cf: mime_header_checks", "spy@firm.example"},
		{"redirect by an attached mail", [][]string{{"-e", "nested_header_checks=regexp:" + p.ConfigDir + "/header"}}, true, "main.cf: nested_header_checks", "spy@firm.example"},
		{"unread checks", [][]string{{"-e", "body_checks=pcre:/nowhere"}}, false, "main.cf: body_checks", "cannot be read"},
		{"dead map", [][]string{{"-e", "virtual_alias_maps=hash:/nowhere"}}, true, "main.cf: virtual_alias_maps", "does not answer"},
		{"nobody's domain", [][]string{{"-e", "relay_domains="}}, false, "main.cf: relay_domains", "takes no mail"},
		{"sendmail unguarded", [][]string{{"-e", "non_smtpd_milters=$postseal_other_milters"}}, true, "main.cf: non_smtpd_milters", "not looked at"},
		{"default action", [][]string{{"-e", "postseal_milter={ unix:postseal/milter.sock, default_action=accept }"}}, true, "master.cf: " + guard, "accept"},
		{"main default action", [][]string{{"-e", "postseal_milter=unix:postseal/milter.sock", "milter_default_action=quarantine"}}, true, "main.cf: non_smtpd_milters", "quarantine"},
		{"protocol", [][]string{{"-e", "postseal_milter={ unix:postseal/milter.sock, protocol=2 }"}}, true, "master.cf: " + guard, "protocol"},
		{"macros", [][]string{{"-e", "milter_mail_macros=i"}}, true, "master.cf: " + guard, "{auth_authen}"},
		{"wrong socket", [][]string{{"-e", "postseal_milter=unix:elsewhere.sock"}}, true, "master.cf", "ever sealed"},
		{"milter off by client", [][]string{{"-P", guard + "/smtpd_milter_maps=cidr:/x"}}, true, "master.cf: " + guard, "smtpd_milter_maps"},
		{"no_milters", [][]string{{"-P", guard + "/receive_override_options=no_milters"}}, true, "master.cf: " + guard, "no_milters"},
		{"order", [][]string{{"-P", guard + "/smtpd_milters=$postseal_other_milters,$postseal_milter"}}, true, "master.cf: " + guard, "before ours"},
		{"unguarded", [][]string{{"-P", guard + "/smtpd_milters="}}, true, "master.cf", "nothing is ever sealed"},
		{"submission", [][]string{{"-M", "submission/inet=submission inet n - n - - smtpd"}}, true, "master.cf: submission/inet", "staff"},
		{"open listener", [][]string{{"-M", "192.0.2.1:2525/inet=192.0.2.1:2525 inet n - n - - smtpd"}}, false, "master.cf: 192.0.2.1:2525/inet", "permit_mynetworks"},
		{"port 25", [][]string{{"-M", "smtp/inet=smtp inet n - n - - smtpd -o smtpd_milters=$postseal_milters"}}, false, "master.cf: smtp/inet", "port 25"},
		{"no re-entry", [][]string{{"-MX", back}}, true, "master.cf", "no re-entry port"},
		{"loop", [][]string{{"-P", back + "/smtpd_milters=$postseal_milters"}}, true, "master.cf: " + back, "for ever"},
		{"no DKIM", [][]string{{"-P", back + "/receive_override_options=no_milters"}}, true, "master.cf: " + back, "DKIM"},
		{"other milters missing", [][]string{{"-P", back + "/smtpd_milters="}}, true, "master.cf: " + back, "inet:127.0.0.1:8891"},
		{"dsn hidden", [][]string{{"-P", back + "/smtpd_discard_ehlo_keywords=dsn"}}, true, "master.cf: " + back, "dsn"},
		{"shared cleanup", [][]string{{"-PX", back + "/cleanup_service_name"}}, true, "master.cf: " + back, "cleanup"},
		{"no such cleanup", [][]string{{"-MX", "postseal-cleanup/unix"}}, true, "master.cf: " + back, "does not exist"},
		{"aliases again", [][]string{{"-e", "virtual_alias_maps=inline:{a=b}"}, {"-PX", "postseal-cleanup/unix/virtual_alias_maps"}}, true, "master.cf: postseal-cleanup/unix", "virtual_alias_maps"},
		{"small", [][]string{{"-e", "postseal_inner_size_limit=41943040"}}, true, "master.cf: " + back, "message_size_limit"},
		{"no outer limit", [][]string{{"-e", "message_size_limit=0"}}, true, "master.cf: postseal-cleanup/unix", "message_size_limit"},
		{"re-entry for all", [][]string{{"-MX", back}, {"-M", "10026/inet=10026 inet n - n - - smtpd"}}, true, "master.cf", "no re-entry port"},
		{"no inbound", [][]string{{"-MX", inbound}}, true, "master.cf", "no inbound port"},
		{"inbound relays", [][]string{{"-P", inbound + "/smtpd_relay_restrictions=permit_mynetworks,reject"}}, true, "master.cf: " + inbound, "world"},
		{"inbound judged", [][]string{{"-P", inbound + "/smtpd_milters=$postseal_milters"}}, true, "master.cf: " + inbound, "outsiders"},
	}
	saved := map[string][]byte{}
	for _, f := range []string{"main.cf", "master.cf"} {
		b, err := os.ReadFile(filepath.Join(p.ConfigDir, f))
		if err != nil {
			t.Fatal(err)
		}
		saved[f] = b
	}
	for _, c := range cases {
		for _, change := range c.change {
			postconf(t, p, change...)
		}
		p.Settle()
		got, err := postfix.Check(context.Background(), checkOptions(p))
		found := false
		for _, problem := range got {
			found = found || problem.Fatal == c.fatal && problem.Setting == c.setting && strings.Contains(problem.What, c.says) && problem.Do != ""
		}
		if err != nil || !found {
			t.Errorf("%s: got %+v, %v; want fatal=%v %s: ...%s...", c.name, got, err, c.fatal, c.setting, c.says)
		}
		for f, b := range saved { // as it was
			if err := os.WriteFile(filepath.Join(p.ConfigDir, f), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Debian's default, without any part of ours, must not pass for wired.
func TestCheckOnBareSite(t *testing.T) {
	got, err := postfix.Check(context.Background(), checkOptions(e2etest.NewPostfix(t, e2etest.PostfixOptions{Plain: true})))
	if err != nil {
		t.Fatal(err)
	}
	fatal := 0
	for _, p := range got {
		if p.Fatal {
			fatal++
		}
	}
	if fatal < 6 {
		t.Errorf("got %d fatal problems %+v, want at least 6", fatal, got)
	}
}

// InnerSize reads what the re-entry port and its cleanup service take, whichever is less.
func TestInnerSize(t *testing.T) {
	p := e2etest.NewPostfix(t, e2etest.PostfixOptions{})
	reentry := e2etest.Loopback(p.Reentry)
	postconf(t, p, "-e", "postseal_inner_size_limit=41943040")
	for _, c := range []struct {
		change []string
		port   string
		want   int64
	}{
		{nil, reentry, 41943040},
		{[]string{"-P", "postseal-cleanup/unix/message_size_limit=1000000"}, reentry, 1000000},
		{[]string{"-P", reentry + "/inet/message_size_limit=900000"}, reentry, 900000},
		{nil, "127.0.0.1:1", 0},
	} {
		if c.change != nil {
			postconf(t, p, c.change...)
		}
		if got, err := postfix.InnerSize(t.Context(), p.ConfigDir, c.port); err != nil || got != c.want {
			t.Errorf("after %v at %s: got %d %v, want %d", c.change, c.port, got, err, c.want)
		}
	}
	if _, err := postfix.InnerSize(t.Context(), t.TempDir(), reentry); !errors.Is(err, postfix.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
}
