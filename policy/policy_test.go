package policy_test

import (
	"bytes"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/config"
	"github.com/postseal/postseal/policy"
)

// councilRules is the rule file of the cases, also used by the tests here.
var councilRules = func() string {
	b, err := os.ReadFile("../testdata/mail/rules.yaml")
	if err != nil {
		panic(err)
	}
	return string(b)
}()

// rules reads a rule file.
func rules(t testing.TB, text string) *policy.File {
	t.Helper()
	if f, ok := parsed.Load(text); ok {
		return f.(*policy.File)
	}
	f, err := config.ParsePolicy("rules.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	parsed.Store(text, f)
	return f
}

// parsed keeps rule files by their text: many tests ask for the same, and making
// the tables of personal data takes a second under the race detector.
var parsed sync.Map

// staff is an ordinary outbound transaction.
func staff(to ...string) policy.Transaction {
	t := policy.Transaction{Sender: addr.MustParse("jane@example.gov.uk"), Client: policy.Client{Login: "jane@example.gov.uk", IP: netip.MustParseAddr("203.0.113.9")}}
	if len(to) == 0 {
		to = []string{"bob@firm.example"}
	}
	for _, a := range to {
		t.Recipients = append(t.Recipients, addr.MustParse(a))
	}
	return t
}

// read reads a message file as sent by staff to one outside recipient.
func read(t testing.TB, raw []byte) *policy.Message { return readAs(t, staff(), raw) }

func readAs(t testing.TB, tr policy.Transaction, raw []byte) *policy.Message {
	t.Helper()
	header, body, err := policy.SplitHeader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	m, err := policy.Read(tr, header, body, policy.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// letter is a small message with further header lines.
func letter(header ...string) []byte {
	return []byte("From: Jane Doe <jane@example.gov.uk>\r\n" + strings.Join(header, "\r\n") + "\r\n\r\nHello\r\n")
}

func actions(v policy.Verdict) string {
	var all []string
	for _, d := range v.Recipients {
		all = append(all, d.Action.String())
	}
	return strings.Join(all, " ")
}

// TestVerdictPerRecipient covers BOP-1, BOP-9, BOP-10, BOP-13, CYC-2 and CJSM-4.
func TestVerdictPerRecipient(t *testing.T) {
	f := rules(t, councilRules)
	for _, c := range []struct {
		name, header, to, want string
		outbound               bool
	}{
		{"inside only, with a tag (CYC-2)", "Subject: [SECURE] x", "bob@example.gov.uk ann@school.example", "pass pass", false},
		{"mixed (BOP-10)", "Sensitivity: Company-Confidential", "bob@example.gov.uk x@firm.example", "pass seal", true},
		{"no mark", "Subject: hello", "x@firm.example", "pass", true},
		{"GCSX is enveloped (BOP-9)", "Sensitivity: company-confidential", "x@y.gcsx.gov.uk", "seal", true},
		{"unmarked to GCSX", "Subject: hello", "x@y.gcsx.gov.uk", "pass", true},
		{"secure community passes (CJSM-4)", "Subject: [SECURE] x", "x@west.pnn.police.uk", "pass", true},
		{"TLS without proof is sealed (SCC-16)", "Subject: [SECURE] x", "x@partner.example x@a.partners.example", "seal seal", true},
		{"percent form of ours is outside", "Subject: [SECURE] x", "x%firm.example@example.gov.uk", "seal", true},
		{"bang path of ours is outside", "Subject: [SECURE] x", "firm.example!x@example.gov.uk", "seal", true},
		{"quoted at of ours is outside", "Subject: [SECURE] x", `"x@firm.example"@example.gov.uk`, "seal", true},
		{"below our domain is outside", "Subject: [encrypt] x", "x@sub.example.gov.uk", "seal", true},
		{"secure address (CJSM-5)", "Subject: hello", "x@firm.example.secure.example", "seal", true},
	} {
		v := f.Classify(readAs(t, staff(strings.Fields(c.to)...), letter(c.header)))
		if got := actions(v); got != c.want || v.Outbound != c.outbound {
			t.Errorf("%s: got %s, outbound %v; want %s, %v", c.name, got, v.Outbound, c.want, c.outbound)
		}
	}
}

// TestEncryptedMailIsToldWhatToDo is BOP-22: words that name the switch to turn
// off and the tag to write, not a certificate puzzle.
func TestEncryptedMailIsToldWhatToDo(t *testing.T) {
	smime := letter("Content-Type: application/pkcs7-mime; smime-type=enveloped-data")
	pgp := []byte("From: jane@example.gov.uk\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n")
	for tag, want := range map[string]string{"{subject_tag: [Shield]}": "and write [Shield] in the subject instead", "{label: OFFICIAL}": "and mark it as confidential instead"} {
		f := rules(t, ruleFile("if: "+tag, "seal"))
		for name, c := range map[string]struct {
			raw []byte
			off string
		}{"S/MIME": {smime, `Please turn off "Encrypt" in the message's security settings`}, "PGP": {pgp, "Please turn the encryption off"}} {
			d, refused := f.Classify(read(t, c.raw)).Refused()
			if !refused || !strings.Contains(d.Refusal, name) || !strings.Contains(d.Refusal, c.off) || !strings.Contains(d.Refusal, want) {
				t.Errorf("%s: got refused %v with the words %q", name, refused, d.Refusal)
			}
		}
	}
}

func TestTLSWithoutProofSaysSo(t *testing.T) {
	v := rules(t, councilRules).Classify(readAs(t, staff("x@partner.example"), letter("Subject: [SECURE] x")))
	last := v.Recipients[0].Findings[len(v.Recipients[0].Findings)-1]
	if !strings.Contains(last.What, "nothing proves that TLS is enforced") {
		t.Errorf("got %q", last)
	}
}

func TestSecureAddressIsDeliveredWithoutSuffix(t *testing.T) {
	f := rules(t, councilRules)
	v := f.Classify(readAs(t, staff("x.y@firm.example.SECURE.example"), letter("Subject: hello")))
	d := v.Recipients[0]
	if got, want := d.Deliver.String(), "x.y@firm.example"; got != want || d.Rule != "secure address" {
		t.Errorf("got %s by rule %q, want %s", got, d.Rule, want)
	}
	// The suffix alone is an ordinary domain.
	d = f.Classify(readAs(t, staff("x@secure.example"), letter("Subject: hello"))).Recipients[0]
	if d.Action != policy.Pass || d.Deliver != d.Recipient {
		t.Errorf("x@secure.example: got %v to %v", d.Action, d.Deliver)
	}
	// A rule that refuses does so here too.
	raw := letter("Subject: x", "Content-Disposition: attachment; filename=a.mdb")
	if d = f.Classify(readAs(t, staff("x@firm.example.secure.example"), raw)).Recipients[0]; d.Action != policy.Refuse {
		t.Errorf("refused attachment to a secure address: got %v", d.Action)
	}
}

func TestRefusalOfOneRefusesTheMessage(t *testing.T) {
	v := rules(t, councilRules).Classify(readAs(t, staff("a@example.gov.uk", "x@firm.example"), letter("Subject: [SECURE] x", "Content-Type: application/x; name=\"list.MDB\"")))
	d, ok := v.Refused()
	if !ok || d.Recipient.String() != "x@firm.example" || d.Refusal != "Databases do not leave by e-mail." || d.Rule != "no databases" {
		t.Errorf("got %v %+v", ok, d)
	}
}

func TestWhoMaySendOutside(t *testing.T) {
	f := rules(t, councilRules)
	ip := netip.MustParseAddr
	for _, c := range []struct {
		name   string
		client policy.Client
		header []string
		want   string
	}{
		{"signed in", policy.Client{Login: "jane", IP: ip("203.0.113.9")}, nil, "pass pass"},
		{"local", policy.Client{Local: true}, nil, "pass pass"},
		{"listed", policy.Client{IP: ip("192.0.2.7")}, nil, "pass pass"},
		{"listed, mapped", policy.Client{IP: ip("::ffff:192.0.2.7")}, nil, "pass pass"},
		{"stranger", policy.Client{IP: ip("203.0.113.9")}, nil, "pass refuse"},
		{"nobody", policy.Client{}, nil, "pass refuse"},
		{"tenant", policy.Client{IP: ip("198.51.100.1"), CertName: "Mail.Cloud.example"}, []string{"X-Tenant: 4711"}, "pass pass"},
		{"tenant without certificate", policy.Client{IP: ip("198.51.100.1")}, []string{"X-Tenant: 4711"}, "pass refuse"},
		{"another tenant", policy.Client{IP: ip("198.51.100.1"), CertName: "mail.cloud.example"}, []string{"X-Tenant: 4712"}, "pass refuse"},
		{"tenant twice", policy.Client{IP: ip("198.51.100.1"), CertName: "mail.cloud.example"}, []string{"X-Tenant: 4712", "X-Tenant: 4711"}, "pass refuse"},
		{"tenant from elsewhere", policy.Client{IP: ip("203.0.113.9"), CertName: "mail.cloud.example"}, []string{"X-Tenant: 4711"}, "pass refuse"},
	} {
		tr := staff("a@example.gov.uk", "x@firm.example")
		tr.Client = c.client
		v := f.Classify(readAs(t, tr, letter(append([]string{"Subject: x"}, c.header...)...)))
		if got := actions(v); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
		if d, refused := v.Refused(); refused && !strings.Contains(d.Refusal, "signed in") {
			t.Errorf("%s: the refusal %q does not tell why", c.name, d.Refusal)
		}
	}
	other := staff("a@example.gov.uk", "x@firm.example")
	other.Client = policy.Client{IP: ip("198.51.100.1"), CertName: "mail.cloud.example"}
	if got := actions(f.Classify(readAs(t, other, []byte("To: x@firm.example\r\n\r\nno field\r\nSubject: x\r\nX-Tenant: 4711\r\n\r\n")))); got != "pass refuse" {
		t.Errorf("tenant field in the body: got %s, want refused", got)
	}
	tr := staff("a@example.gov.uk")
	tr.Client = policy.Client{IP: ip("203.0.113.9")}
	if v := f.Classify(readAs(t, tr, letter("Subject: [SECURE]"))); v.Outbound || actions(v) != "pass" {
		t.Errorf("a stranger who writes inside: got %s, outbound %v", actions(v), v.Outbound)
	}
}

func TestSenderIsNotAskedForClassification(t *testing.T) { // design: "Outbound"
	f := rules(t, councilRules)
	for _, from := range []string{"", "someone@elsewhere.example"} {
		tr := staff("x@firm.example")
		tr.Sender = addr.Address{}
		if from != "" {
			tr.Sender = addr.MustParse(from)
		}
		if got := actions(f.Classify(readAs(t, tr, letter("Subject: Automatic reply: [SECURE] x")))); got != "seal" {
			t.Errorf("envelope sender %q: got %s, want seal", from, got)
		}
	}
}

func TestSenderShown(t *testing.T) {
	f := rules(t, councilRules+`
senders:
  send_as:
    - {who: [casework, scanner@example.gov.uk], as: [duty@example.gov.uk, school.example]}
`)
	jane := addr.MustParse("jane@example.gov.uk")
	for _, c := range []struct {
		name, sender, login string
		from                []string
		address, shown      string
		behalf              string
	}{
		{"envelope sender", "jane@example.gov.uk", "", []string{"From: Jane Doe <Jane@example.gov.uk>"}, "Jane@example.gov.uk", "Jane Doe", ""},
		{"login", "bounce@example.gov.uk", "jane@example.gov.uk", []string{"From: jane@example.gov.uk"}, "jane@example.gov.uk", "", ""},
		{"bare login", "bounce@example.gov.uk", "jane", []string{"From: jane@example.gov.uk"}, "jane@example.gov.uk", "", ""},
		{"encoded name", "jane@example.gov.uk", "", []string{"From: =?iso-8859-1?Q?J=E4ne?= <jane@example.gov.uk>"}, "jane@example.gov.uk", "Jäne", ""},
		{"send_as by login", "c@example.gov.uk", "casework", []string{"From: Duty <duty@example.gov.uk>"}, "duty@example.gov.uk", "Duty", ""},
		{"send_as by sender", "scanner@example.gov.uk", "", []string{"From: ann@school.example"}, "ann@school.example", "", ""},
		{"send_as does not cover", "scanner@example.gov.uk", "", []string{"From: boss@example.gov.uk"}, "scanner@example.gov.uk", "", "scanner@example.gov.uk on behalf of boss@example.gov.uk"},
		{"not ours", "x@elsewhere.example", "", []string{"From: X <x@elsewhere.example>"}, "x@elsewhere.example", "", "Borough of Example on behalf of X <x@elsewhere.example>"},
		{"two fields", "jane@example.gov.uk", "", []string{"From: jane@example.gov.uk", "From: boss@example.gov.uk"}, "jane@example.gov.uk", "", "jane@example.gov.uk on behalf of boss@example.gov.uk"},
		{"two mailboxes", "jane@example.gov.uk", "", []string{"From: jane@example.gov.uk, boss@example.gov.uk"}, "jane@example.gov.uk", "", "jane@example.gov.uk on behalf of jane@example.gov.uk, boss@example.gov.uk"},
		{"null sender, login", "", "jane", []string{"From: boss@example.gov.uk"}, "jane@example.gov.uk", "", "jane@example.gov.uk on behalf of boss@example.gov.uk"},
		{"null sender", "", "", []string{"From: boss@example.gov.uk"}, "", "", "Borough of Example on behalf of boss@example.gov.uk"},
		{"address as name", "jane@example.gov.uk", "", []string{`From: "boss@example.gov.uk" <jane@example.gov.uk>`}, "jane@example.gov.uk", "", ""},
		{"percent form", "x%firm.example@example.gov.uk", "", []string{"From: x%firm.example@example.gov.uk"}, "x%firm.example@example.gov.uk", "", "Borough of Example on behalf of x%firm.example@example.gov.uk"},
		{"line break in the name", "a@example.gov.uk", "", []string{"From: =?utf-8?Q?x=0D=0ABcc:_y?= <boss@example.gov.uk>"}, "a@example.gov.uk", "", "a@example.gov.uk on behalf of x Bcc: y <boss@example.gov.uk>"},
	} {
		m := &policy.Message{Transaction: policy.Transaction{Recipients: []addr.Address{jane}, Client: policy.Client{Login: c.login}}}
		if c.sender != "" {
			m.Sender = addr.MustParse(c.sender)
		}
		for _, line := range c.from {
			name, value, _ := strings.Cut(line, ":")
			m.Fields = append(m.Fields, policy.Field{Name: name, Value: value})
		}
		s := f.Classify(m).Shown
		if s.Address.String() != c.address || s.Name != c.shown || s.OnBehalf != c.behalf {
			t.Errorf("%s:\n got %q %q %q\nwant %q %q %q", c.name, s.Address, s.Name, s.OnBehalf, c.address, c.shown, c.behalf)
		}
	}
}

func TestSendersWhoAreNotEnabled(t *testing.T) { // CYC-3, BOP-25
	f := rules(t, strings.Replace(councilRules, "lists:\n", "lists:\n  enabled: [care@example.gov.uk, school.example]\n", 1)+
		"senders: {only: [jane@example.gov.uk, {list: enabled}], refusal: \"Ask for it: https://intranet.example.gov.uk/secure-mail?for=me or 01632 960123.\"}\n")
	for _, c := range []struct{ sender, subject, to, want string }{
		{"jane@example.gov.uk", "[SECURE] x", "x@firm.example", "seal"},
		{"bob@school.example", "[SECURE] x", "x@firm.example", "seal"},
		{"bob@example.gov.uk", "[SECURE] x", "x@firm.example", "refuse"},
		{"bob@example.gov.uk", "[SECRUE] x", "x@firm.example", "refuse"},
		{"bob@example.gov.uk", "[SECURE] x", "x@west.pnn.police.uk", "refuse"},
		{"bob@example.gov.uk", "[SECURE] x", "a@example.gov.uk", "pass"},
		{"bob@example.gov.uk", "hello", "x@firm.example", "pass"},
		{"", "[SECURE] x", "x@firm.example", "refuse"},
	} {
		tr := staff(c.to)
		tr.Client.Login, tr.Sender = "", addr.Address{}
		tr.Client.Local = true
		if c.sender != "" {
			tr.Sender = addr.MustParse(c.sender)
		}
		raw := []byte("From: " + c.sender + "\r\nSubject: " + c.subject + "\r\n\r\nHello\r\n")
		v := f.Classify(readAs(t, tr, raw))
		if got := actions(v); got != c.want {
			t.Errorf("%s, %s to %s: got %s, want %s", c.sender, c.subject, c.to, got, c.want)
		}
		if d, refused := v.Refused(); refused && d.Refusal != "Ask for it: https://intranet.example.gov.uk/secure-mail?for=me or 01632 960123." {
			t.Errorf("got the words %q", d.Refusal)
		}
	}
}

func TestMarkedConditionUsesUsualMarksWithoutRules(t *testing.T) {
	f := rules(t, "organisation: {name: X, domains: [example.gov.uk]}\nrules: [{name: any, if: {marked: true}, do: seal}]\n")
	for header, want := range map[string]string{"Subject: x [secure]": "seal", "Sensitivity: Company-Confidential": "seal", "X-Protective-Marking: OFFICIAL-SENSITIVE": "seal", "Subject: x": "pass"} {
		if got := actions(f.Classify(read(t, letter(header)))); got != want {
			t.Errorf("%s: got %s, want %s", header, got, want)
		}
	}
}

func TestProfileFillsFromDefault(t *testing.T) {
	f := rules(t, councilRules)
	v := f.Classify(read(t, letter("X-Protective-Marking: OFFICIAL-SENSITIVE")))
	if got, want := v.Recipients[0].Profile, "official-sensitive"; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	p := f.Profile("official-sensitive")
	if p.Expires.String() != "60d" || p.Link.String() != "7d" || p.Form != "classic" || p.Marking != "OFFICIAL-SENSITIVE" {
		t.Errorf("got %+v", p)
	}
}

func TestZeroActionSeals(t *testing.T) {
	if got := (policy.Decision{}).Action; got != policy.Seal {
		t.Errorf("got %v", got)
	}
}

// TestFindingsNeverHoldANumberOfAFileName is about names such as people give
// (journey 4: which rule, where it matched, never the value).
func TestFindingsNeverHoldANumberOfAFileName(t *testing.T) {
	f := rules(t, councilRules)
	const body = "National Insurance number: CE654321A"
	for name, want := range map[string]string{
		"AB123456C.txt":             "attachment ….txt",
		"NI_AB123456C_signed.txt":   "attachment NI_…_signed.txt",
		"AB 12 34 56 C form.txt":    "attachment … form.txt",
		"NHS 943 476 5919.txt":      "attachment NHS ….txt",
		"minutes 2026-03-02 v2.txt": "attachment minutes 2026-03-02 v2.txt",
		"invoice 20260302.txt":      "attachment invoice 20260302.txt",
	} {
		for kind, raw := range map[string][]byte{"": attach(name, body), " in a.zip": attach("a.zip", packed(t, name, body))} {
			all, found := "", false
			for _, finding := range f.Classify(read(t, raw)).Recipients[0].Findings {
				all += finding.String() + "\n"
				found = found || finding.Where == want+kind
			}
			if strings.Contains(all, "3456") || strings.Contains(all, "5919") || !found {
				t.Errorf("%s%s: got %q, want one at %q", name, kind, all, want+kind)
			}
		}
	}
}

func TestFindingsNeverHoldTheText(t *testing.T) {
	raw := []byte("From: jane@example.gov.uk\r\nSubject: [SECURE] Johnny Grimble\r\nX-Secure: yes\r\nContent-Type: text/plain\r\n\r\nOFFICIAL-SENSITIVE Johnny Grimble QQ123456C\r\n")
	v := rules(t, councilRules).Classify(read(t, raw))
	for _, d := range v.Recipients {
		for _, f := range d.Findings {
			if strings.Contains(f.String(), "Grimble") || strings.Contains(f.String(), "QQ12") {
				t.Errorf("finding %q repeats the message", f)
			}
		}
	}
}
