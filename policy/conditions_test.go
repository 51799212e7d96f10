package policy_test

import (
	"strings"
	"testing"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/config"
	"github.com/postseal/postseal/policy"
)

const oneRule = "organisation: {name: X, domains: [example.gov.uk]}\nlists: {partners: [y.example, \"*.z.example\", ann@w.example]}\nrules:\n  - {name: r, do: DO, RULE}\n"

func ruleFile(rule, do string) string {
	return strings.NewReplacer("RULE", rule, "DO", do).Replace(oneRule)
}

func TestConditions(t *testing.T) {
	smime := []string{"Content-Type: application/pkcs7-mime; smime-type=enveloped-data"}
	partial := []string{"Content-Type: message/partial; id=1; number=1"}
	for _, c := range []struct {
		rule, do string
		header   []string
		to, want string
	}{
		{"to: {list: partners}", "seal", nil, "a@y.example b@q.z.example ann@w.example bob@w.example c@z.example", "seal seal seal pass pass"},
		{"if: {to: [\"@y.example\", bob@w.example]}", "seal", nil, "a@Y.example bob@w.example c@z.example", "seal seal pass"},
		{"to: [bücher.example]", "seal", nil, "a@xn--bcher-kva.example", "seal"},
		{"to: \"*@y.example\"", "seal", nil, "a@y.example a@b.y.example", "seal pass"},
		{"if: {from: jane@example.gov.uk}", "seal", nil, "a@y.example", "seal"},
		{"if: {from: [school.example]}", "seal", nil, "a@y.example", "pass"},
		{"from: {list: partners}", "seal", nil, "a@y.example", "pass"},
		{"from: [example.gov.uk], if: {header: {name: subject, contains: \"Käse\"}}", "seal", []string{"Subject: =?utf-8?Q?K=C3=84SE?="}, "a@y.example", "seal"},
		{"if: {header: {name: X-A, equals: b}}", "seal", []string{"X-A: c", "x-a: B"}, "a@y.example", "seal"},
		{"if: {encrypted: smime}", "pass", smime, "a@y.example", "pass"},
		{"if: {encrypted: [pgp]}", "pass", smime, "a@y.example", "refuse"},
		{"if: {unreadable: true}", "{refuse: \"Please send it in one piece.\"}", partial, "a@y.example", "refuse"},
		{"if: {unreadable: true}", "pass", partial, "a@y.example", "pass"},
		{"if: {marked: true}", "seal", partial, "a@y.example", "seal"}, // by the rule behind all rules
		{"if: {size: {over: 1B}}", "seal", nil, "a@y.example", "seal"},
		{"if: {attachment: {type: [\"image/*\", text/csv]}}", "seal", []string{"Content-Type: TEXT/CSV"}, "a@y.example", "seal"},
		{"if: {attachment: {name: \"*.doc?\"}}", "seal", []string{"Content-Disposition: inline; FileName=a/b.DOCX"}, "a@y.example", "seal"},
		{"if: {sensitivity: [personal, private]}", "seal", []string{"Sensitivity: PRIVATE"}, "a@y.example", "seal"},
		{"if: {subject_tag: \"[top secret]\"}", "seal", []string{"Subject: x [TOP  Secret]"}, "a@y.example", "seal"},
		{"if: {label: SECRET, to: y.example}", "seal", []string{"X-Protective-Marking: SECRET"}, "a@y.example a@q.example", "seal pass"},
		{"if: {calendar: {method: [cancel, reply]}}", "seal", []string{"Content-Type: text/calendar; method=Cancel"}, "a@y.example", "seal"},
		{"if: {calendar: {method: request}}", "seal", []string{"Content-Type: text/calendar; method=CANCEL"}, "a@y.example", "pass"},
		{"if: {calendar: {class: public, method: cancel}}", "seal", []string{"Content-Type: text/calendar; method=CANCEL"}, "a@y.example", "seal"},
		{"if: {calendar: true}", "seal", []string{"Content-Type: application/ics"}, "a@y.example", "seal"},
		{"if: {calendar: true}", "seal", []string{"Content-Type: text/plain"}, "a@y.example", "pass"},
		{"if: {mailing_list: true}", "seal", nil, "x@lists.w.example x@list.example bee-request@w.example all@googlegroups.com a@w.groups.io listserv@w.example owner-bee@w.example", "seal pass seal seal seal seal seal"},
		{"if: {mailing_list: true}", "seal", nil, "bee@w.example request@w.example -list@w.example a@mylists.w.example a@notgoogle-groups.com", "pass pass pass pass pass"},
		{"if: {mailing_list: {list: partners}}", "seal", nil, "x@y.example bee-request@w.example bob@w.example", "seal seal pass"},
		{"if: {mailing_list: true}", "seal", []string{"List-Post: <mailto:Bees@w.example?subject=x>, NO", "List-Id: All bees <drones.w.example>"}, "bees@w.example drones@w.example bob@w.example", "seal seal pass"},
		{"", "seal", nil, "a@y.example a@example.gov.uk", "seal pass"},
	} {
		f := rules(t, ruleFile(c.rule, c.do))
		v := f.Classify(readAs(t, staff(strings.Fields(c.to)...), letter(append(c.header, "Date: x")...)))
		if got := actions(v); got != c.want {
			t.Errorf("{%s}: got %s, want %s", c.rule, got, c.want)
		}
		for _, d := range v.Recipients {
			if d.Action != policy.Pass && (d.Rule == "" || len(d.Findings) == 0 || d.Findings[0].Rule != d.Rule) {
				t.Errorf("{%s}: %v without rule or findings: %+v", c.rule, d.Action, d)
			}
			if (d.Action == policy.Refuse) != (d.Refusal != "") {
				t.Errorf("{%s}: %v with the words %q", c.rule, d.Action, d.Refusal)
			}
		}
	}
}

// TestRulesThatMeanNothingAreRefused holds that nobody believes in a rule that
// does nothing.
func TestRulesThatMeanNothingAreRefused(t *testing.T) {
	for rule, want := range map[string]string{
		"if: {pid: {}}":                                     "wants score",
		"if: {pid: 10}":                                     "in braces",
		"if: {pid: {score: 0}}":                             "wants score",
		"if: {pid: {score: ten}}":                           "wants score",
		"if: {pid: {scores: 10}}":                           `unknown key "scores"`,
		"if: {pid: {score: 10, kinds: [nin]}}":              `no kind "nin"`,
		"if: {pid: {score: 10, weights: {nino: x}}}":        "from 0 to 1000",
		"if: {pid: {score: 10, weights: {shoe: 1}}}":        `no kind "shoe"`,
		"if: {pid: {score: 10, patterns: {a: \"[\"}}}":      "cannot be used as a pattern",
		"if: {pid: {score: 10, patterns: {a: \"x*\"}}}":     "matches nothing at all",
		"if: {pid: {score: 10, patterns: {nino: \"x\"}}}":   "a kind or pattern of that name",
		"if: {pid: {score: 10, words: []}}":                 "words or phrases",
		"if: {mailing_lists: true}":                         "unknown condition",
		"if: {mailing_list: false}":                         "can only be true",
		"if: {mailing_list: {list: nobody}}":                `no list "nobody"`,
		"if: {calendar: false}":                             "can only be true",
		"if: {calendar: {}}":                                "wants class, method or both",
		"if: {calendar: {class: secret}}":                   "one or more of public, private, confidential",
		"if: {calendar: {method: invite}}":                  "one or more of publish, request",
		"if: {}":                                            "wants conditions",
		"if: [marked]":                                      "wants conditions",
		"if: {marked: false}":                               "can only be true",
		"if: {unreadable: maybe}":                           "can only be true",
		"if: {subject_tag: []}":                             "wants a tag",
		"if: {subject_tag: [\"SECURE]x\"]}":                 "wants a tag",
		"if: {subject_tag: \"!\"}":                          "wants a tag",
		"if: {sensitivity: secret}":                         "company-confidential",
		"if: {label: \"---\"}":                              "must hold letters",
		"if: {label: {a: b}}":                               "wants a label",
		"if: {header: {name: X-A}}":                         "either contains or equals",
		"if: {header: {name: X-A, contains: a, equals: b}}": "either contains or equals",
		"if: {header: {name: \"X A\", contains: a}}":        "without colon",
		"if: {header: {nam: X-A, contains: a}}":             `unknown key "nam"`,
		"if: {header: [a]}":                                 "in braces",
		"if: {size: {under: 1MB}}":                          `unknown key "under"`,
		"if: {size: {over: 1}}":                             "10MB",
		"if: {attachment: {}}":                              "wants name, type or both",
		"if: {attachment: {name: \"[\"}}":                   "pattern",
		"if: {encrypted: yes}":                              "smime, pgp or both",
		"if: {to: {list: nobody}}":                          `no list "nobody"`,
		"if: {to: {lists: partners}}":                       "{list: NAME}",
		"to: [\"*\"]":                                       "wants a domain",
		"to: [\"a b@y.example\"]":                           "wants an address",
		"to: [\"*.y.*\"]":                                   "wants a domain",
		"from: [[a]]":                                       "wants an address or a domain",
		"profile: none":                                     `no profile "none"`,
		"colour: red":                                       `unknown key "colour"`,
	} {
		_, err := config.ParsePolicy("rules.yaml", []byte(ruleFile(rule, "seal")))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "rules.yaml:4: ") {
			t.Errorf("{%s}: got %v, want rules.yaml:4: ... %s", rule, err, want)
		}
	}
	for do, want := range map[string]string{"tls": "tls wants to:", "refuse": "words", "{refuse: \"\"}": "do is", "drop": "do is", "{seal: x}": "do is"} {
		_, err := config.ParsePolicy("rules.yaml", []byte(ruleFile("if: {marked: true}", do)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("do: %s: got %v, want %s", do, err, want)
		}
	}
	_, err := config.ParsePolicy("rules.yaml", []byte(ruleFile("to: {list: partners}", "tls")))
	if err == nil || !strings.Contains(err.Error(), "not a single address") {
		t.Errorf("tls to an address: got %v", err)
	}
}

func TestDecodeHeader(t *testing.T) {
	for in, want := range map[string]string{
		" plain":                                    "plain",
		"a\r\n b":                                   "a b",
		"a\n\tb":                                    "a b",
		"=?utf-8?Q?a_=C3=A9?=":                      "a é",
		"=?utf-8?B?w6k=?= =?utf-8?B?w6k=?=":         "éé",
		"=?utf-8?Q?=C3?= =?utf-8?Q?=A9?=":           "é",
		"=?utf-8?Q?=C3?=\r\n =?utf-8?Q?=A9?= x":     "é x",
		"=?iso-8859-1?q?=E9?= =?utf-8?q?=C3=A9?= b": "éé b",
		"x=?utf-8?Q?y?=z":                           "xyz",
		"=?gb2312?B?1tDOxA==?=":                     "中文",
		"=?koi8-r?B?8NLJ18XU?=":                     "Привет",
		"=?utf-7?Q?+AOk-?=":                         "é",
		"caf\xe9":                                   "café",
		"café":                                      "café",
		"=?utf-8?Q?a=0D=0ABcc:_b?=":                 "a  Bcc: b",
		"=?utf-8?X?a?=":                             "=?utf-8?X?a?=",
		"=?utf-8?Q?a":                               "=?utf-8?Q?a",
		"=?a b?Q?c?=":                               "=?a b?Q?c?=",
		"=?utf-8?Q?50=?=":                           "50=",
		"":                                          "",
	} {
		if got := policy.DecodeHeader(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	m := &policy.Message{Fields: []policy.Field{{Name: "subject", Value: " a"}, {Name: "To", Value: "x"}, {Name: "Subject", Value: "=?utf-8?Q?b?="}}}
	if got, want := m.Subject(), "a\nb"; got != want {
		t.Errorf("two subjects: got %q, want %q", got, want)
	}
}

func TestManyRecipients(t *testing.T) {
	f := rules(t, councilRules)
	var to []string
	for i := range 2000 {
		to = append(to, "a"+strings.Repeat("x", i%20)+"@firm.example")
	}
	v := f.Classify(readAs(t, staff(to...), letter("Subject: [SECURE] x")))
	if len(v.Recipients) != 2000 || strings.Contains(actions(v), "pass") {
		t.Errorf("got %d decisions, one of them passes", len(v.Recipients))
	}
	f.Inside(addr.Address{})
}
