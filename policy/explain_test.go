package policy_test

import (
	"fmt"
	"strings"
	"testing"
)

const explained = `organisation: {name: X, domains: [example.gov.uk]}
senders: {only: [example.gov.uk]}
rules:
  - {name: partner, to: y.example, do: pass}
  - {name: care, from: [care@example.gov.uk], do: seal}
  - {name: tag, if: {subject_tag: SECURE}, do: seal}
  - {name: partly, if: {subject_tag: draft, size: {over: 1GB}}, do: seal}
  - {name: PID, if: {pid: {score: 25}}, do: seal}
  - {name: header, if: {header: {name: X-A, equals: b}}, do: {refuse: No.}}
`

// TestExplain holds that each rule is told up to the one that decides, with what
// was found even where it was not enough, and that no value is told.
func TestExplain(t *testing.T) {
	f := rules(t, explained)
	const nino = "AB123456C"
	m := read(t, []byte("From: Jane <jane@example.gov.uk>\r\nSubject: [DRAFT] x\r\nX-A: b\r\n\r\nNational Insurance number: "+nino+"\r\n"))
	var got []string
	for _, tried := range f.Explain(m, m.Recipients[0]) {
		got = append(got, fmt.Sprintf("%s %v %v %s %v", tried.Rule, tried.Action, tried.Holds, tried.Missing, tried.Findings))
	}
	want := `encrypted message refuse false encrypted does not hold []
encrypted message refuse false encrypted does not hold []
partner pass false it is for other recipients []
care seal false it is for other senders []
tag seal false subject tag does not hold []
partly seal false size does not hold [tag [draft] (subject)]
PID seal false pid does not hold [NI number, weight 10 (text) personal data: 10 of 25 (message)]
header refuse true  [equals the text of the rule (header X-A)]`
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("got\n%s\nwant\n%s", s, want)
	}
	if strings.Contains(strings.Join(got, " "), nino) {
		t.Error("the value is told")
	}
	last := f.Explain(m, m.Recipients[0])[7]
	if d := f.Classify(m).Recipients[0]; d.Rule != last.Rule || d.Action != last.Action {
		t.Errorf("explained %s, decided %s", last.Rule, d.Rule)
	}
	for from, want := range map[string]string{"x@other.example": "who may use the service true", "jane@example.gov.uk": "encrypted message false"} {
		m := read(t, []byte("From: "+from+"\r\nSubject: [SECURE] x\r\n\r\n"))
		m.Sender = m.Recipients[0]
		if from == "jane@example.gov.uk" {
			m.Sender = staff().Sender
		}
		first := f.Explain(m, m.Recipients[0])[0]
		if got := fmt.Sprint(first.Rule, " ", first.Holds); got != want {
			t.Errorf("from %s: got %s, want %s", from, got, want)
		}
	}
	if got := f.Explain(m, staff().Sender); got != nil {
		t.Errorf("an inside recipient: got %v", got)
	}
}
