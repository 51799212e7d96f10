package policy_test

import (
	"strings"
	"testing"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/config"
	"github.com/postseal/postseal/policy"
)

// warned gives the warnings about rules with the given bodies, named a, b, c.
func warned(t *testing.T, bodies ...string) string {
	t.Helper()
	text := "organisation: {name: X, domains: [example.gov.uk, \"*.school.example\"]}\nsecure_suffix: safe.example\nlists: {partners: [y.example, \"*.z.example\"], few: [y.example]}\nrules:\n"
	for i, body := range bodies {
		text += "  - {name: " + string(rune('a'+i)) + ", " + body + "}\n"
	}
	text += "  - {name: last, from: [{list: few}, {list: partners}], if: {header: {name: X-Never, equals: x}}, do: seal}\n"
	var all []string
	for _, w := range rules(t, text).Warnings() {
		all = append(all, w.Path+": "+w.What)
	}
	return strings.Join(all, "\n")
}

func TestRulesThatAreNeverReached(t *testing.T) {
	const never = `rules.1: rule "b" is never reached`
	const byA = never + `: rule "a" before it decides`
	for _, c := range []struct{ a, b, want string }{
		// A rule without conditions for the same people, or for more.
		{"to: y.example, do: seal", "to: y.example, if: {marked: true}, do: tls", byA},
		{"to: {list: partners}, do: pass", "to: [y.example, a.z.example, jo@y.example, \"*.b.z.example\"], do: seal", byA + ", and lets pass what this one would seal"},
		{"to: {list: few}, do: pass", "to: {list: partners}, do: {refuse: No.}", never + ` for y.example: rule "a" before it decides, and lets pass what this one would refuse`},
		{"to: y.example, do: pass", "to: z.example, do: seal", ""},
		{"to: \"*.y.example\", do: pass", "to: y.example, do: seal", ""},
		{"to: y.example, do: pass", "if: {marked: true}, do: seal", ""},
		{"to: y.example, from: example.gov.uk, do: pass", "to: y.example, do: seal", ""},
		{"to: y.example, from: example.gov.uk, do: pass", "to: y.example, from: ann@example.gov.uk, do: seal", byA},
		{"if: {to: y.example}, do: seal", "to: ann@y.example, do: seal", byA},
		// Our own people.
		{"do: seal, to: q.example", "to: [example.gov.uk, ann@example.gov.uk, a.school.example, \"*.b.school.example\"], do: seal", never + ": mail for our own people always passes"},
		{"do: seal, to: q.example", "to: [school.example, \"*.example.gov.uk\"], do: seal", ""},
		// Conditions that hold whenever the later one does.
		{"if: {marked: true}, do: seal", "if: {subject_tag: SECURE}, do: seal", byA},
		{"if: {subject_tag: [SECURE, encrypt]}, do: seal", "if: {subject_tag: secure, size: {over: 1MB}}, do: seal", byA},
		{"if: {subject_tag: [SECURE]}, do: seal", "if: {subject_tag: [SECURE, encrypt]}, do: seal", ""},
		{"if: {size: {over: 1MB}}, do: seal", "if: {size: {over: 2MB}}, do: seal", byA},
		{"if: {size: {over: 2MB}}, do: seal", "if: {size: {over: 1MB}}, do: seal", ""},
		{"if: {label: [OFFICIAL-SENSITIVE, SECRET]}, do: seal", "if: {label: Official Sensitive}, do: seal", byA},
		{"if: {header: {name: X-A, equals: a}}, do: seal", "if: {header: {name: X-A, equals: b}}, do: seal", ""},
		{"if: {attachment: {name: [\"*.mdb\", \"*.csv\"]}}, do: pass", "if: {attachment: {name: \"*.csv\"}}, do: seal", byA + ", and"},
		{"if: {sensitivity: [private, personal]}, do: seal", "if: {sensitivity: private}, do: seal", byA},
		{"if: {encrypted: [smime, pgp]}, do: seal", "if: {encrypted: pgp}, do: seal", byA},
		{"if: {unreadable: true}, do: seal", "if: {unreadable: true}, to: y.example, do: seal", byA},
		{"if: {header: {name: X-A, contains: a}}, do: seal", "if: {header: {name: x-a, equals: bac}}, do: seal", byA},
		{"if: {header: {name: X-A, equals: bac}}, do: seal", "if: {header: {name: X-A, contains: a}}, do: seal", ""},
		{"if: {calendar: true}, do: seal", "if: {calendar: {class: private}}, do: seal", byA},
		{"if: {calendar: {class: [private, confidential]}}, do: seal", "if: {calendar: {class: private, method: request}}, do: seal", byA},
		{"if: {calendar: {class: private}}, do: seal", "if: {calendar: {method: request}}, do: seal", ""},
		{"if: {calendar: {class: private}}, do: seal", "if: {calendar: true}, do: seal", ""},
		// Addresses of which the rules see another form.
		{"do: seal, to: q.example", "to: [firm.example.safe.example, \"*.safe.example\"], do: seal", never + ": of an address that ends in .safe.example only what stands before it"},
		{"do: seal, to: q.example", "to: safe.example, do: seal", ""},
		{"if: {pid: {score: 10}}, do: seal", "if: {pid: {score: 20}}, do: seal", ""},
	} {
		got := warned(t, c.a, c.b)
		if (got == "") != (c.want == "") || !strings.HasPrefix(got, c.want) {
			t.Errorf("{%s} {%s}:\n got %s\nwant %s", c.a, c.b, got, c.want)
		}
	}
	if got := warned(t, "to: y.example, do: seal", "to: \"*.z.example\", do: pass", "to: {list: partners}, do: seal"); strings.Count(got, `rule "c" is never reached for `) != 2 {
		t.Errorf("covered by two rules together: got %s", got)
	}
	if got := warned(t, "do: pass", "do: seal, to: y.example"); strings.Count(got, "is never reached") != 2 {
		t.Errorf("a rule for everything: got %s, want both rules behind it", got)
	}
}

func TestWarnings(t *testing.T) {
	f := rules(t, "mode: observe\norganisation: {name: X, domains: [example.gov.uk]}\nlists: {old: [y.example]}\nprofiles: {default: {expires: 90d}, unused: {expires: 80d}}\nrules:\n- {name: a, do: pass, if: {unreadable: true}}\n")
	var got []string
	for _, w := range f.Warnings() {
		got = append(got, w.Path+": "+w.What)
	}
	want := `mode: mode: observe is set: nothing is sealed
rules.0: rule "a" lets pass what could not be read
lists.old: list "old" is not used
profiles.unused: profile "unused" is named by no rule`
	if strings.Join(got, "\n") != want {
		t.Errorf("got %s\nwant %s", strings.Join(got, "\n"), want)
	}
	if v := f.Classify(read(t, letter("Subject: x"))); !v.Observe {
		t.Error("the verdict does not say that the mode is observe")
	}
	if got := rules(t, councilRules).Warnings(); len(got) != 0 {
		t.Errorf("got %q, want none", got)
	}
}

func TestRefusalsThatDoNotFit(t *testing.T) {
	long := strings.Repeat("Please telephone. ", 20) + "See https://intranet.example.gov.uk/secure-mail"
	if got := warned(t, "do: {refuse: \""+long+"\"}, to: q.example"); !strings.HasPrefix(got, `rules.0: rule "a": refuse has more than 300 characters`) {
		t.Errorf("long words: got %q", got)
	}
	if got := warned(t, "do: {refuse: Café}, to: q.example"); !strings.HasPrefix(got, `rules.0: rule "a": refuse has letters that are not ASCII`) {
		t.Errorf("an accent: got %q", got)
	}
}

func TestPartners(t *testing.T) {
	f := rules(t, "organisation: {name: X, domains: [example.gov.uk], partners: [ann@firm.example, {list: p}]}\nlists: {p: [\"*.trust.example\"]}\nrules: [{name: r, do: seal}]\n")
	for a, want := range map[string]bool{"ann@firm.example": true, "bob@firm.example": false, "x@a.trust.example": true, "x%y.example@a.trust.example": false, "jane@example.gov.uk": false} {
		if got := f.Partner(addr.MustParse(a)); got != want {
			t.Errorf("%s: got %v, want %v", a, got, want)
		}
	}
	if w := f.Warnings(); len(w) != 1 || w[0].Path != "organisation.partners" {
		t.Errorf("got %v, want the one that no answer reaches them", w)
	}
	f.Profiles = map[string]policy.Profile{"open": {Reply: "domains"}, policy.DefaultProfile: {}}
	for _, w := range f.Warnings() {
		if w.Path == "organisation.partners" {
			t.Errorf("with reply: domains: got %v, want none", w)
		}
	}
	for set, want := range map[string]string{"[gmail.com]": "gmail.com is, or covers, a consumer", "[\"*.co.uk\"]": "*.co.uk is, or covers", "[{list: none}]": "there is no list"} {
		_, err := config.ParsePolicy("f", []byte("organisation: {name: X, domains: [x.example], partners: "+set+"}\nrules: [{name: r, do: seal}]\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", set, err, want)
		}
	}
}
