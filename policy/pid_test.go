package policy_test

import (
	"fmt"
	"strings"
	"testing"
)

const pidRules = "organisation: {name: X, domains: [example.gov.uk]}\nrules:\n- {name: flag, do: seal, if: {sensitivity: company-confidential}}\n- {name: scan, do: seal, if: {pid: {score: 10}}}\n"

// TestMarkOrScan: either seals, and each mail is judged by itself. BOP-6, BOP-8, BOP-11
func TestMarkOrScan(t *testing.T) {
	f := rules(t, pidRules)
	for _, c := range []struct {
		header, text, want string
	}{
		{"Sensitivity: Company-Confidential", "Nothing here.", "seal by flag"},
		{"X-A: b", "The patient's NHS number is 943 476 5919.", "seal by scan"},
		{"Sensitivity: Company-Confidential", "The patient's NHS number is 943 476 5919.", "seal by flag"},
		{"X-A: b", "Nothing here.", "pass by "},
		{"Subject: FW: plan", "-----Original Message-----\nSensitivity: Company-Confidential\n\nNothing here.", "pass by "},
		{"Subject: FW: plan", "-----Original Message-----\nSensitivity: Company-Confidential\n\nNHS number 943 476 5919", "seal by scan"},
	} {
		m := readAs(t, staff("bob@firm.example"), []byte("From: jane@example.gov.uk\nTo: bob@firm.example\n"+c.header+"\n\n"+c.text+"\n"))
		d := f.Classify(m).Recipients[0]
		if got := d.Action.String() + " by " + d.Rule; got != c.want {
			t.Errorf("%s, %q: got %s, want %s", c.header, c.text, got, c.want)
		}
		if s := fmt.Sprintf("%+v", d); strings.Contains(s, "5919") {
			t.Errorf("the decision holds the value: %s", s)
		}
	}
}
