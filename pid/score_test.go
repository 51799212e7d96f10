package pid_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/postseal/postseal/pid"
)

func text(s string) []pid.Section { return []pid.Section{{Where: "text", Text: s}} }

func TestFind(t *testing.T) {
	for _, c := range []struct {
		text string
		want string
	}{
		{"NHS no 943 476 5919", "nhs 943 476 5919"},
		{"nhs 0000000000", ""},
		{"NHS number 123 456 7890", "nhs 123 456 7890"}, // labelled: a slip of the pen
		{"QQ 12 34 56 C", "nino QQ 12 34 56 C"},
		{"NI number AB 12 34 56", "nino AB 12 34 56"},
		{"ab123456c_letter", "nino ab123456c"},
		{"ＡＢ１２３４５６Ｃ", "nino ＡＢ１２３４５６Ｃ"},
		{"AB\u200b12\u00a034–56\u00adC", "nino AB\u200b12\u00a034–56\u00adC"},
		{"4111 1111 1111 1111", "card 4111 1111 1111 1111"},
		{"4111-1111-1111-1112", ""},
		{"3714 496353 98431", "card 3714 496353 98431"},
		{"GB29 NWBK 6016 1331 9268 19 is it", "iban GB29 NWBK 6016 1331 9268 19"},
		{"GB29 NWBK 6016 1331 9268 18", ""},
		{"sort code 20-00-00, account number 12345678", "bank_account 20-00-00, account number 12345678"},
		{"on 20-01-12 we met 12345678 people", ""},
		{"passport 123456789", "passport 123456789"},
		{"UTR: 12345 67890", "utr 12345 67890"},
		{"DOB 12/03/1980", "birth_date 12/03/1980"},
		{"born on the 3rd of March 1951", "birth_date 3rd of March 1951"},
		{"12 March 1980 (dob)", "birth_date 12 March 1980"},
		{"meeting on 12/03/2026", ""},
		{"14 Elm Road, Bristol BS5 7QT", "address 14 Elm Road, Bristol BS5 7QT; postcode BS5 7QT"},
		{"lives at 14 elm road", "address 14 elm road"},
		{"3 people crossed the road", ""},
		{"call +44 (0)7700 900123", "phone +44 (0)7700 900123"},
		{"07700900123 or (01632) 960 123", "phone 07700900123; phone (01632) 960 123"},
		{"jane.doe@home.example", "email jane.doe@home.example"},
		{"CHI number 010190 1119", "chi 010190 1119"},
		{"case no. 204417", "case_number case no. 204417"},
		{"Mrs Khan and John O'Brien", "name Mrs Khan; name John O'Brien"},
		{"Child,Year,School\nImogen Sallow,6,Elm\n", "name Imogen Sallow"},
		{"Room,Year,School\nImogen Sallow,6,Elm\n", ""},
		{"Corinne Dalloway, aged 44", "name Corinne Dalloway, aged"},
		{"Victoria Street, St James Church", ""},
		{"", ""},
	} {
		var got []string
		for _, f := range pid.Find(c.text) {
			if f.Kind == pid.NHSNumber && c.want != "" && !strings.Contains(c.want, "nhs") {
				continue // ten digits may be several things; Score decides
			}
			if f.Kind != pid.Vehicle {
				got = append(got, string(f.Kind)+" "+c.text[f.Start:f.End])
			}
		}
		if g := strings.Join(got, "; "); g != c.want {
			t.Errorf("%q: got %q, want %q", c.text, g, c.want)
		}
	}
}

// TestContext: a number counts by the words within 300 characters.
func TestContext(t *testing.T) {
	far := strings.Repeat("lorem ipsum ", 40)
	for _, c := range []struct {
		text    string
		atLeast float64
		atMost  float64
	}{
		{"the patient: 943 476 5919", 10, 11},
		{"patient " + far + " 943 476 5919", 0, 0},
		{"9434765919", 0, 0},
		{"the patient: 999 123 4004", 0, 4}, // kept for tests, never given out
		{"NI number AB123456C", 10, 10},
		{"part no AB123456C in stock", 0, 2},
		{"card 4111 1111 1111 1111 exp 09/27", 10, 10},
		{"order 4111111111111111", 0, 1},
		{"NI number AB123456C again AB123456C, AB 12 34 56 C", 10, 10},
		{"card number 4111 1111 1111 1112", 7, 7}, // one digit wrong; still somebody's
		{"library card number 4111 1111 1111 1112", 0, 0},
		{"her card number is 4929 1231 2312 313, exp 09/27", 7, 9},
		{"NI number AB 20 31 56 X", 7, 7},
		{"NI number [AB 12 34 56 X]", 0, 0}, // an example
		{"IBAN GB29 NWBK 6016 1331 9268 18 for Mrs Khan", 5, 9},
		{"Rhif Yswiriant Gwladol: AB 20 31 56", 10, 10},
		{"Rhif GIG 943 476 5919", 10, 10},
		{"Enw: Ifan Parry, Dyddiad geni 17.09.1941, Cyfeiriad: 14 Elm Road", 9, 18},
		{"NI numbers AB123456C, AB123457C", 12, 13},
		{"Mrs Khan was diagnosed with dementia", 10, 20},
		{"dementia", 0, 0},
		{"Mrs Khan called", 0, 3},
		{"Kind regards\nMrs Khan\n14 Elm Road, Bristol BS5 7QT\n07700 900123", 0, 0},
		{"Mrs Khan lives at 14 Elm Road, Bristol BS5 7QT", 10, 14},
		{"> her NI number is AB123456C", 10, 10}, // quoted, and read by the recipient all the same
		{"> Mrs Khan was diagnosed with dementia", 4, 9.9},
	} {
		if r := pid.Score(text(c.text)); r.Total < c.atLeast || r.Total > c.atMost {
			t.Errorf("%q: got %+v, want %g to %g", c.text, r, c.atLeast, c.atMost)
		}
	}
}

// TestHeaviestPlaceCounts is about a value that stands first where it means
// little: in the name of a file, above its label in the text.
func TestHeaviestPlaceCounts(t *testing.T) {
	for _, first := range []string{"AB123456C.txt", "AB 12 34 56 C", "scan of ab123456c"} {
		r := pid.Score([]pid.Section{{Where: "file name", Text: first}, {Where: "attachment", Text: "National Insurance number: AB123456C"}})
		if r.Total != 10 || len(r.Findings) != 1 || r.Findings[0].Where != "attachment" {
			t.Errorf("%s: got %g, %+v; want 10, in the attachment", first, r.Total, r.Findings)
		}
	}
}

// TestReferences: a reference is a case number where somebody is spoken of.
func TestReferences(t *testing.T) {
	const illness = "Mrs Khan was diagnosed with dementia. She lost her husband."
	for _, c := range []struct {
		name     string
		sections []pid.Section
		want     bool
	}{
		{"beside a person", text("Our ref: CS/118724/2. " + illness), true},
		{"by its form", text("Re 24/PL/00817: " + illness), true},
		{"about nobody", text("Our ref: CS/118724/2. The panel meets at noon."), false},
		{"of an order", text("Order ref: 118724. " + illness), false},
		{"in a subject", []pid.Section{{Where: "subject", Text: "Complaint CMP-24-08817"}, {Where: "text", Text: illness}}, true},
		{"in a subject about nobody", []pid.Section{{Where: "subject", Text: "Complaint CMP-24-08817"}, {Where: "text", Text: "The lift is out of order."}}, false},
		{"of a room", text("Ref 12. " + illness), false},
	} {
		got := false
		for _, f := range pid.Score(c.sections).Findings {
			got = got || f.Kind == pid.CaseNumber
		}
		if got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// TestVoice: the same words weigh more in a letter to somebody than in a leaflet.
func TestVoice(t *testing.T) {
	letter := pid.Score(text("Dear Marguerite\n\nYou told me that you have been off work with depression since your miscarriage, and your tablets make you tired.")).Total
	leaflet := pid.Score(text("Support\n\nAny people who are often off work with depression, or after a miscarriage, may ask if tablets make most people tired.")).Total
	if letter < 10 || leaflet >= 10 {
		t.Errorf("got %g for a letter, want 10; got %g for a leaflet, want less", letter, leaflet)
	}
}

func TestReportNamesPlacesNotValues(t *testing.T) {
	r := pid.Score([]pid.Section{
		{Where: "subject", Text: "NI number AB123456C"},
		{Where: "attachment letter.docx", Text: "one\ftwo: NHS number 943 476 5919, and NI number AB 12 34 56 C\fthree"},
	})
	got := fmt.Sprintf("%+v", r)
	if want := "{Total:20 Findings:[{Kind:NI number Where:subject Count:1 Weight:10} {Kind:NHS number Where:attachment letter.docx, page 2 Count:1 Weight:10}]}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestOptions(t *testing.T) {
	const letter = "Project Lighthouse: HR-204417 for the patient, NHS number 943 476 5919, mobile 07700 900123, his home is EX1 1AA"
	for _, c := range []struct {
		o    pid.Options
		want string
	}{
		{pid.Options{Kinds: []pid.Kind{pid.NHSNumber}}, "NHS number 10"},
		{pid.Options{Weights: map[pid.Kind]float64{pid.NHSNumber: 0, pid.Postcode: 0}}, "phone number 2"},
		{pid.Options{Kinds: []pid.Kind{pid.Phone, pid.Postcode, pid.NHSNumber}, Allow: []string{"+44 7700 900123", "ex11aa", "9434765919"}}, ""},
		{pid.Options{Kinds: []pid.Kind{"housing reference", pid.OwnWords}, Words: []string{"project  lighthouse"},
			Patterns: []pid.Pattern{{Name: "housing reference", Match: "hr-[0-9]{6}"}}}, "own words 4; housing reference 5"},
	} {
		s, err := pid.New(c.o)
		if err != nil {
			t.Errorf("%+v: %v", c.o, err)
			continue
		}
		var got []string
		for _, f := range s.Score(text(letter)).Findings {
			got = append(got, fmt.Sprint(f.Kind, " ", f.Weight))
		}
		if g := strings.Join(got, "; "); g != c.want {
			t.Errorf("%+v: got %q, want %q", c.o, g, c.want)
		}
	}
	for _, o := range []pid.Options{
		{Kinds: []pid.Kind{"shoe"}}, {Words: []string{"北京"}}, {Words: []string{" "}}, {Patterns: []pid.Pattern{{Name: "", Match: "x"}}},
		{Patterns: []pid.Pattern{{Name: "a", Match: `\bx`}}}, {Patterns: []pid.Pattern{{Name: "a", Match: "x{900}y{900}{9}"}}},
		{Weights: map[pid.Kind]float64{pid.NHSNumber: -1}}, {Words: make([]string, 3000)},
	} {
		if _, err := pid.New(o); err == nil {
			t.Errorf("%+v: taken", o)
		}
	}
}

func TestIdentifies(t *testing.T) {
	for s, want := range map[string]bool{
		"Minutes of 12/03/2026, 14:00-15:30": false, "12 March 1980": false, "Care plan": false, "Re: Mrs Khan": false,
		"DOB 12/03/1980": true, "943 476 5919": true, "ref 123456": true, "BS1 5TR": true, "a@b.example": true, "１２３４５６": true,
		"Mrs Khan: diagnosed with dementia": true,
	} {
		if got := pid.Identifies(s); got != want {
			t.Errorf("%q: got %v, want %v", s, got, want)
		}
	}
}
