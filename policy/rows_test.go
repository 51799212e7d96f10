package policy_test

import (
	"strings"
	"testing"

	"github.com/postseal/postseal/addr"
)

// BCC-15, BCC-16, CYC-11: the tag that stands in front of what an outsider wrote
// makes the answer an envelope, whatever a mail program puts before it, and the
// answer goes in clear when staff take it out.
func TestAnswersKeepTheTag(t *testing.T) {
	f := rules(t, councilRules)
	for subject, want := range map[string]string{
		"RE: [encrypt] Your question":                       "seal",
		"Re: [SECURE] Your question":                        "seal",
		"FW: [EXTERNAL] Re: [encrypt] Your question":        "seal",
		"Antwort: [ENCRYPT] Your question":                  "seal",
		"Automatic reply: [SECURE] Your question":           "seal",
		"=?utf-8?Q?RE=3A_=5Bencrypt=5D_Your_caf=C3=A9?=":    "seal",
		"RE: Your question":                                 "pass",
		"RE: encrypt Your question":                         "pass",
		"RE: Your question about \"secure\" and [external]": "pass",
	} {
		if got := actions(f.Classify(read(t, letter("Subject: "+subject)))); got != want {
			t.Errorf("%s: got %s, want %s", subject, got, want)
		}
	}
}

// CJSM-3: the class of a member is a list, and an exception a rule before it: a
// youth offending team at a council's secure address counts as a practitioner.
func TestMembersOfTwoClasses(t *testing.T) {
	f := rules(t, `
organisation: {name: Borough of Example, domains: [example.gov.uk]}
lists:
  secure networks: ["*.gsi.gov.uk", "*.gsx.gov.uk", "*.pnn.police.uk"]
  practitioners: [chambers.example, solicitor@firm.example, yot.borough.gsi.gov.uk]
rules:
  - {name: practitioners,   to: {list: practitioners}, do: seal}
  - {name: secure networks, to: {list: secure networks}, do: pass}
  - {name: tag, if: {subject_tag: [SECURE]}, do: seal}
`)
	for to, want := range map[string]string{
		"x@west.pnn.police.uk":              "pass by secure networks",
		"x@borough.gsi.gov.uk":              "pass by secure networks",
		"x@yot.borough.gsi.gov.uk":          "seal by practitioners",
		"clerk@chambers.example":            "seal by practitioners",
		"solicitor@firm.example":            "seal by practitioners",
		"other@firm.example":                "seal by tag",
		"x@pnn.police.uk":                   "seal by tag", // what is below it is the community
		"x@west.pnn.police.uk.fake.example": "seal by tag",
	} {
		d := f.Classify(readAs(t, staff(to), letter("Subject: [SECURE] x"))).Recipients[0]
		if got := d.Action.String() + " by " + d.Rule; got != want {
			t.Errorf("%s: got %s, want %s", to, got, want)
		}
	}
}

// SCC-19: who writes from a shared mailbox is shown as it, by name and address,
// once the file allows it; BOP-25 asks for the mailbox then, not for the person.
func TestSharedMailboxIsTheSender(t *testing.T) {
	text := councilRules + "senders: {only: [care@example.gov.uk], send_as: [{who: [jane@example.gov.uk], as: care@example.gov.uk}]}\n"
	mail := []byte("From: Adult Care <care@example.gov.uk>\r\nSubject: [SECURE] x\r\n\r\nHello\r\n")
	v := rules(t, text).Classify(read(t, mail))
	if got, want := v.Shown.Name+" "+v.Shown.Address.String(), "Adult Care care@example.gov.uk"; got != want || v.Shown.OnBehalf != "" || actions(v) != "seal" {
		t.Errorf("got %s, on behalf %q, %s; want %s, seal", got, v.Shown.OnBehalf, actions(v), want)
	}
	v = rules(t, strings.Replace(text, "who: [jane@", "who: [bob@", 1)).Classify(read(t, mail))
	if v.Shown.Address != addr.MustParse("jane@example.gov.uk") || actions(v) != "refuse" {
		t.Errorf("without the right: got %s, %s; want jane, refuse", v.Shown.Address, actions(v))
	}
}

// CYC-3: marked mail of a sender who is not enabled is refused in whatever way it
// is marked, and what the scan finds in her unmarked mail is sealed all the same.
func TestNotEnabledInEveryWayOfMarking(t *testing.T) {
	f := rules(t, councilRules+"senders: {only: [care@example.gov.uk], refusal: Ask 01632 960123.}\n")
	for header, want := range map[string]string{
		"Subject: x [encrypt]":                                 "refuse",
		"Subject: x (secure)":                                  "refuse",
		"Subject: OFFICIAL SENSITVE x":                         "refuse",
		"Sensitivity: Company-Confidential":                    "refuse",
		"msip_labels: MSIP_Label_a_Name=OFFICIAL-SENSITIVE":    "refuse",
		"X-Protective-Marking: SEC=OFFICIAL, ACCESS=Sensitive": "refuse",
		"Content-Type: text/calendar\r\nX-Y: z":                "pass",
		"Subject: National Insurance number AB123456C":         "seal",
	} {
		if got := actions(f.Classify(read(t, letter(header)))); got != want {
			t.Errorf("%s: got %s, want %s", header, got, want)
		}
	}
}

// TestCodedTextIsBounded holds what is read in a text within its bounds: files
// without number, parts in parts, beginnings without end.
func TestCodedTextIsBounded(t *testing.T) {
	f := rules(t, strings.Replace(councilRules, "over: 60KB", "over: 60MB", 1))
	deep := "x"
	for range 30 {
		deep = "--b" + strings.Repeat("x", len(deep)%7) + "\nContent-Type: text/plain\n\n" + deep + "\n"
	}
	for name, c := range map[string]struct{ body, want string }{
		"many files":          {strings.Repeat("begin 644 a.txt\n#86)C\n`\nend\n", 60), "seal"},
		"parts in parts":      {strings.Repeat("x\n--b\nContent-Type: text/plain\n", 1) + deep, "seal"},
		"beginnings":          {strings.Repeat("begin 644 a.txt\n", 200000), "pass"},
		"yEnc without end":    {strings.Repeat("=ybegin name=a\n", 200000), "seal"},
		"armour without end":  {strings.Repeat("-----BEGIN PGP MESSAGE-----\n", 100000), "pass"},
		"armour, ends first":  {strings.Repeat("-----END PGP MESSAGE-----\n-----BEGIN PGP MESSAGE-----\n", 50000), "seal"},
		"delimiters":          {strings.Repeat("--b\nContent-Type: text/plain\n\nx\n", 20000), "seal"},
		"talk about begin":    {"We begin 644 a new year.\nbegin 2026 well\nbegin 644\n", "pass"},
		"signature and rule":  {"-- \nJane Doe\n--------\nContent is king\n", "pass"},
		"mail quoted in text": {"You wrote:\n> --b\n> Content-Type: text/plain\n", "pass"},
	} {
		v := f.Classify(read(t, append(letter("Subject: x"), c.body...)))
		if got := actions(v); c.want != "" && got != c.want {
			t.Errorf("%s: got %s, want %s; %q", name, got, c.want, v.Recipients[0].Findings)
		}
	}
}
