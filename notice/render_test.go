package notice_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/mail"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/words"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	london  = mustZone("Europe/London")
	noon    = time.Date(2016, 8, 7, 11, 21, 0, 0, time.UTC)
	carer   = addr.MustParse("carer@home.example")
	officer = addr.MustParse("jane.doe@example.gov.uk")
)

func mustZone(name string) *time.Location {
	l, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return l
}

func bare() notice.Brand {
	return notice.Brand{
		Organisation: "Borough of Example", Service: addr.MustParse("secure@example.gov.uk"),
		ServiceDomain: "secure.example.gov.uk", PortalURL: "https://secure.example.gov.uk",
	}
}

func full() notice.Brand {
	b := bare()
	b.Colour = "#00703c"
	b.HelpURL, b.PrivacyURL = "https://www.example.gov.uk/secure-messages", "https://www.example.gov.uk/privacy"
	b.Address = "Town Hall\nHigh Street\nExample EX1 1EX"
	b.Disclaimer = "This mail is for its recipients only. The council may monitor mail to and from its addresses."
	b.Explanation = "The council sends messages with personal details through its own secure pages, so that they do not lie open on the way."
	return b
}

// filled has every field of every kind.
func filled() map[notice.Kind]any {
	return map[notice.Kind]any{
		notice.Message: notice.MessageData{
			SenderLine: "Jane Doe, Adult Social Care (jane.doe@example.gov.uk)", Subject: "Your assessment",
			Link:      "https://secure.example.gov.uk/m/abcdefghijklmnopqrstuvwxyz?t=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
			LinkUntil: noon.AddDate(0, 0, 14), Expires: noon.AddDate(0, 0, 90), Marking: "OFFICIAL-SENSITIVE: Personal data on health and care", Attachment: true,
		},
		notice.Confirmation: notice.ConfirmationData{
			Subject: "[SECRUE] Your assessment", Recipients: []string{"carer@home.example", "gp@surgery.example"},
			Reasons: []string{"rule \"subject tag\": the subject has the tag [SECURE]"}, Notes: []string{"you wrote [SECRUE]; we treated it as [SECURE]"},
			Clear: []string{"john.roe@example.gov.uk"}, SealedAt: noon, Expires: noon.AddDate(0, 0, 90), ReadyAt: noon.Add(5 * time.Minute),
			TakeBack: "https://secure.example.gov.uk/sent/abcdefghijklmnopqrstuvwxyz", EnvelopeID: "abcdefghijklmnopqrstuvwxyz", OriginalID: "<1@pc.example.gov.uk>",
		},
		notice.Code:       notice.CodeData{Code: "50407952", Reference: "KX", AskedAt: noon, Minutes: 15},
		notice.Activation: notice.ActivationData{Link: "https://secure.example.gov.uk/activate?t=BBBBBBBBBBBBBBBBBBBBBB", AskedAt: noon, Minutes: 30},
		notice.Reset:      notice.ResetData{Link: "https://secure.example.gov.uk/reset?t=CCCCCCCCCCCCCCCCCCCCCC", AskedAt: noon, Minutes: 30},
		notice.Reply: notice.ReplyData{
			FromName: "Zoë Carer", From: carer, Subject: "Re: Your assessment", Tag: "[SECURE]", Text: "Thank you.\n\nI have filled in the form.\nZoë",
			EnvelopeID: "abcdefghijklmnopqrstuvwxyz", InReplyTo: "<1@pc.example.gov.uk>", References: "<0@pc.example.gov.uk> <1@pc.example.gov.uk>", SentAt: noon,
			Attachments: []notice.Attachment{{Name: "Formular für Zoë.pdf", Type: "application/pdf", Write: func(w io.Writer) error { _, err := io.WriteString(w, "%PDF-1.4 form"); return err }}},
		},
		notice.Bounce: notice.BounceData{
			Subject: "Your assessment", Recipients: []string{"carer@hmoe.example"}, Diagnostic: "550 5.1.1 no such user", SentAt: noon,
			EnvelopeID: "abcdefghijklmnopqrstuvwxyz", OriginalID: "<1@pc.example.gov.uk>",
		},
		notice.PlainReply: notice.PlainReplyData{
			FromName: "Zoë Carer", From: carer, Subject: "Re: Your assessment", Text: "Thank you.", InReplyTo: "<1@pc.example.gov.uk>", EnvelopeID: "abcdefghijklmnopqrstuvwxyz",
		},
		notice.PlainReplyTold: notice.PlainReplyToldData{Subject: "Re: Your assessment", InReplyTo: "<2@home.example>"},
		notice.Rescue: notice.RescueData{
			SenderLine: "Jane Doe (jane.doe@example.gov.uk)", SentAt: noon, Rescue: "mobile@secure.example.gov.uk",
			Link: "https://secure.example.gov.uk/m/abcdefghijklmnopqrstuvwxyz?t=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		},
		notice.RescueTold: notice.RescueToldData{InReplyTo: "<2@home.example>"},
		notice.Asked: notice.AskedData{LetIn: true, From: "carer@other.example", As: "carer@home.example", Subject: "Your assessment", SentAt: noon,
			Page: "https://secure.example.gov.uk/sent/abcdefghijklmnopqrstuvwxyz"},
		notice.Reminder: notice.ReminderData{Expiring: true, Subject: "Your assessment", Recipients: []string{"carer@home.example", "gp@surgery.example"}, SentAt: noon,
			Expires: noon.AddDate(0, 0, 7), Page: "https://secure.example.gov.uk/sent/abcdefghijklmnopqrstuvwxyz", OriginalID: "<1@pc.example.gov.uk>"},
		notice.TakenBack: notice.TakenBackData{By: "mona@example.gov.uk", Subject: "Your assessment", Recipients: []string{"carer@home.example", "gp@surgery.example"}, SentAt: noon,
			Reason: "Sent to the wrong surgery.", Page: "https://secure.example.gov.uk/sent/abcdefghijklmnopqrstuvwxyz", OriginalID: "<1@pc.example.gov.uk>"},
		notice.AskAnswered: notice.AskAnsweredData{LetIn: true, Sender: "Jane Doe", SentAt: noon, Until: noon.AddDate(0, 0, 90)},
	}
}

// least has only what must be there.
func least() map[notice.Kind]any {
	return map[notice.Kind]any{
		notice.Message:        notice.MessageData{Attachment: true},
		notice.Confirmation:   notice.ConfirmationData{Recipients: []string{"carer@home.example"}, SealedAt: noon},
		notice.Code:           notice.CodeData{Code: "50407952", AskedAt: noon},
		notice.Activation:     notice.ActivationData{AskedAt: noon, Known: true},
		notice.Reset:          notice.ResetData{AskedAt: noon, Link: "https://secure.example.gov.uk/register", First: true},
		notice.Reply:          notice.ReplyData{From: carer},
		notice.Bounce:         notice.BounceData{Recipients: []string{"carer@home.example"}, Delayed: true},
		notice.PlainReply:     notice.PlainReplyData{From: carer},
		notice.PlainReplyTold: notice.PlainReplyToldData{},
		notice.Rescue:         notice.RescueData{Rescue: "mobile@secure.example.gov.uk"},
		notice.RescueTold:     notice.RescueToldData{},
		notice.Asked:          notice.AskedData{From: "carer@home.example", Closed: noon, Page: "https://secure.example.gov.uk/sent/abcdefghijklmnopqrstuvwxyz"},
		notice.Reminder:       notice.ReminderData{Recipients: []string{"carer@home.example"}, SentAt: noon, Expires: noon},
		notice.TakenBack:      notice.TakenBackData{Recipients: []string{"carer@home.example"}, SentAt: noon},
		notice.AskAnswered:    notice.AskAnsweredData{Sender: "Jane Doe", Until: noon},
	}
}

func TestGolden(t *testing.T) {
	for _, c := range []struct {
		name  string
		brand notice.Brand
		loc   *time.Location
		data  map[notice.Kind]any
	}{{"full", full(), london, filled()}, {"least", bare(), nil, least()}} {
		n := notice.New(c.brand, c.loc)
		for kind, data := range c.data {
			t.Run(c.name+"/"+string(kind), func(t *testing.T) {
				to := carer
				if kind == notice.Confirmation || kind == notice.Reply || kind == notice.Bounce || kind == notice.PlainReply || kind == notice.Asked || kind == notice.Reminder || kind == notice.TakenBack {
					to = officer
				}
				m, err := n.Render(kind, to, data, noon)
				if err != nil {
					t.Fatal(err)
				}
				m.MessageID = "<golden@secure.example.gov.uk>"
				base := filepath.Join("testdata", "golden", string(kind)+"."+c.name)
				for end, got := range map[string]string{".eml": strings.ReplaceAll(written(t, m), "\r\n", "\n"), ".txt": m.Text, ".html": m.HTML} {
					golden(t, base+end, got)
				}
				if strings.Contains(m.Text+m.HTML+m.Subject, "no value") || strings.Contains(m.HTML, "ZgotmplZ") {
					t.Error("a template met an empty or refused value")
				}
				for _, word := range []string{"envelope", "token", " key", "portal", "invalid"} { // journeys: words
					if strings.Contains(strings.ToLower(m.Text), word) {
						t.Errorf("the text says %q", word)
					}
				}
			})
		}
	}
}

// golden compares got with a file, or writes the file.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test ./notice -update writes it anew):\n%s", file, got)
	}
}

func written(t *testing.T, m notice.Mail) string {
	t.Helper()
	var b bytes.Buffer
	n, err := m.WriteTo(&b)
	if err != nil {
		t.Fatal(err)
	}
	if n != int64(b.Len()) {
		t.Errorf("WriteTo says %d octets, wrote %d", n, b.Len())
	}
	return b.String()
}

// Data rest as JSON in the outbox and must say the same afterwards.
func TestJSON(t *testing.T) {
	n := notice.New(full(), london)
	for kind, data := range filled() {
		raw, err := json.Marshal(data)
		if err != nil {
			t.Fatal(err)
		}
		direct, err := n.Render(kind, carer, data, noon)
		if err != nil {
			t.Fatal(err)
		}
		rested, err := n.RenderJSON(kind, carer, raw, noon)
		if err != nil {
			t.Fatal(err)
		}
		direct.Attachments = nil // they do not rest
		if !reflect.DeepEqual(direct, rested) {
			t.Errorf("%s: from JSON\n%+v\nwant\n%+v", kind, rested, direct)
		}
	}
}

func TestWords(t *testing.T) {
	n := notice.New(full(), london)
	for _, c := range []struct {
		row  string
		kind notice.Kind
		want []string
	}{
		{"BCC-18", notice.Message, []string{"Use this link by Sunday 21 August 2016, 12:21 BST. After that, open the attachment", "private message"}},
		{"SCC-3", notice.Message, []string{"Jane Doe, Adult Social Care (jane.doe@example.gov.uk) has sent you"}},
		{"SCC-4, CYC-7", notice.Message, []string{full().Explanation, full().HelpURL, full().PrivacyURL, full().Disclaimer, "Example EX1 1EX", "then delete this mail"}},
		{"SCC-8", notice.Code, []string{"50407952 is your one-time code.\n", "into the page where you asked", "15 minutes from when you asked for it, until 12:36 BST", "letters KX", "Please don't reply"}},
		{"BCC-6", notice.Activation, []string{"30 minutes counted from when we sent it: until 12:51 BST", "/activate?t="}},
		{"BCC-26, BOP-15", notice.Reset, []string{"new password", "/reset?t=", "30 minutes counted from when we sent it: until 12:51 BST"}},
		{"BOP-5", notice.Confirmation, []string{"- carer@home.example", "the tag [SECURE]", "we treated it as [SECURE]", "Saturday 5 November 2016, 11:21 GMT", "/sent/abcdef", "ordinary mail:\n- john.roe@"}},
		{"BCC-22", notice.Reply, []string{"Zoë Carer (carer@home.example) wrote on Sunday 7 August 2016, 12:21 BST:", "Leave [SECURE] in the subject"}},
		{"plain replies", notice.PlainReply, []string{"[not secure]"}},
	} {
		m, err := n.Render(c.kind, carer, filled()[c.kind], noon)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(m.Text, want) {
				t.Errorf("%s: text of %s lacks %q:\n%s", c.row, c.kind, want, m.Text)
			}
		}
		if m.Auto == "" || m.Profile == "" || m.MessageID == "" {
			t.Errorf("%s: Auto %q, Profile %q, MessageID %q", c.kind, m.Auto, m.Profile, m.MessageID)
		}
	}
	code, _ := n.Render(notice.Code, carer, filled()[notice.Code], noon)
	if !strings.HasPrefix(code.Text, "50407952 ") { // journey 1: the preview shows it
		t.Errorf("the code is not the first word: %q", code.Text[:40])
	}
	if strings.Contains(code.Subject, "50407952") {
		t.Error("the subject, which logs keep, holds the code")
	}
}

func TestSubjectsAndSenders(t *testing.T) {
	n := notice.New(full(), london)
	m, err := n.Render(notice.Message, carer, filled()[notice.Message], noon)
	if err != nil || m.Subject != "OFFICIAL-SENSITIVE Your assessment" || m.Profile != "envelope; v=1" { // SCC-2
		t.Errorf("message: %q, %q, %v", m.Subject, m.Profile, err)
	}
	r, err := n.Render(notice.Reply, officer, filled()[notice.Reply], noon)
	if err != nil || r.Subject != "[SECURE] Re: Your assessment" || r.From.Name != "Zoë Carer (secure mail)" ||
		r.From.Address.String() != "reply+abcdefghijklmnopqrstuvwxyz@secure.example.gov.uk" || !r.ReplyTo.Address.Equal(carer) {
		t.Errorf("reply: %q, %+v, %+v, %v", r.Subject, r.From, r.ReplyTo, err)
	}
	// A stranger who calls herself by a colleague's address is shown by her own.
	d := filled()[notice.Reply].(notice.ReplyData)
	d.FromName = "chief@example.gov.uk"
	if r, err = n.Render(notice.Reply, officer, &d, noon); err != nil || r.From.Name != "carer@home.example (secure mail)" || strings.Contains(r.Text, "chief") {
		t.Errorf("spoofed name: %+v, %v", r.From, err)
	}
	if d.Subject != "Re: Your assessment" {
		t.Errorf("Render changed the caller's data: %q", d.Subject)
	}
}

// However long or cunning a stranger's name is, staff see how the mail came.
func TestNamesHideNoMarker(t *testing.T) {
	n := notice.New(full(), london)
	for _, name := range []string{strings.Repeat("long name ", 20), "Chief (secure mail) " + strings.Repeat("x", 100), "Chief ( Secure  mail)", ""} {
		for kind, marker := range map[notice.Kind]string{notice.Reply: " (secure mail)", notice.PlainReply: " (ordinary mail)"} {
			long := addr.MustParse("carer@" + strings.Repeat("home.", 40) + "example")
			data := any(notice.ReplyData{FromName: name, From: long, Text: "x", EnvelopeID: "abcdefghijklmnopqrstuvwxyz"})
			if kind == notice.PlainReply {
				data = notice.PlainReplyData{FromName: name, From: long, Text: "x", EnvelopeID: "abcdefghijklmnopqrstuvwxyz"}
			}
			m, err := n.Render(kind, officer, data, noon)
			if err != nil {
				t.Fatal(err)
			}
			m.To = nil
			var b bytes.Buffer
			if err := m.Encode(&b); err != nil {
				t.Fatal(err)
			}
			read, err := mail.ReadMessage(&b)
			if err != nil {
				t.Fatal(err)
			}
			from, err := mail.ParseAddress(read.Header.Get("From"))
			if err != nil || !strings.HasSuffix(from.Name, marker) || strings.Count(strings.ToLower(from.Name), "mail)") != 1 {
				t.Errorf("%s from %q: got %v %v", kind, name, from, err)
			}
		}
	}
}

func TestRefuses(t *testing.T) {
	n := notice.New(bare(), london)
	for _, c := range []struct {
		name string
		kind notice.Kind
		data any
		want error
	}{
		{"unknown kind", "letter", notice.CodeData{}, notice.ErrKind},
		{"other data", notice.Code, notice.MessageData{}, notice.ErrKind},
		{"no data", notice.Code, nil, notice.ErrKind},
		{"nil pointer", notice.Code, (*notice.CodeData)(nil), notice.ErrKind},
		{"damaged", notice.Code, json.RawMessage(`{"code":`), notice.ErrKind},
		{"script link", notice.Message, notice.MessageData{Link: "javascript:alert(1)"}, notice.ErrSyntax},
		{"link with a line end", notice.Message, notice.MessageData{Link: "https://a.example/\nhttps://b.example/"}, notice.ErrSyntax},
		{"link with a user", notice.Activation, notice.ActivationData{Link: "https://secure.example.gov.uk@evil.example/", AskedAt: noon}, notice.ErrSyntax},
		{"no way to read", notice.Message, notice.MessageData{}, notice.ErrSyntax},
		{"no code", notice.Code, notice.CodeData{AskedAt: noon}, notice.ErrSyntax},
		{"a code that is none", notice.Code, notice.CodeData{Code: "ring 0900", AskedAt: noon}, notice.ErrSyntax},
		{"code without time", notice.Code, notice.CodeData{Code: "1"}, notice.ErrSyntax},
		{"sealed for nobody", notice.Confirmation, notice.ConfirmationData{SealedAt: noon}, notice.ErrSyntax}, // promise 5
		{"nobody wrote", notice.Reply, notice.ReplyData{}, notice.ErrSyntax},
	} {
		if _, err := n.Render(c.kind, carer, c.data, noon); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestTimes(t *testing.T) {
	for _, c := range []struct {
		utc, long, short string
	}{
		{"2016-08-21T11:21:00Z", "Sunday 21 August 2016, 12:21 BST", "2016-08-21 12:21 BST"}, // BCC-18
		{"2016-03-27T00:59:59Z", "Sunday 27 March 2016, 00:59 GMT", "2016-03-27 00:59 GMT"},
		{"2016-03-27T01:00:00Z", "Sunday 27 March 2016, 02:00 BST", "2016-03-27 02:00 BST"},
		{"2016-10-30T00:59:59Z", "Sunday 30 October 2016, 01:59 BST", "2016-10-30 01:59 BST"},
		{"2016-10-30T01:00:00Z", "Sunday 30 October 2016, 01:00 GMT", "2016-10-30 01:00 GMT"},
	} {
		at, err := time.Parse(time.RFC3339, c.utc)
		if err != nil {
			t.Fatal(err)
		}
		if got := words.In("en").Time(at, london); got != c.long {
			t.Errorf("Time = %q, want %q", got, c.long)
		}
		if got := notice.TimeShort(at, london); got != c.short {
			t.Errorf("TimeShort = %q, want %q", got, c.short)
		}
	}
	if got := words.In("en").Time(noon, nil); !strings.HasSuffix(got, "11:21 UTC") {
		t.Errorf("nil zone = %q, want UTC", got)
	}
}

func TestTagAndMark(t *testing.T) {
	for _, c := range []struct{ tag, subject, want string }{ // BCC-22
		{"[encrypt]", "Re: form", "[encrypt] Re: form"},
		{"[encrypt]", "Re: [ENCRYPT] form", "Re: [ENCRYPT] form"},
		{"[encrypt]", "", "[encrypt]"},
		{"", "form", "form"},
		{"[encrypt]", "form\r\nBcc: x", "[encrypt] form Bcc: x"},
	} {
		if got := notice.TagSubject(c.tag, c.subject); got != c.want {
			t.Errorf("TagSubject(%q, %q) = %q, want %q", c.tag, c.subject, got, c.want)
		}
	}
	for _, c := range []struct{ mark, subject, want string }{ // SCC-2
		{"OFFICIAL-SENSITIVE: care", "Case 7", "OFFICIAL-SENSITIVE Case 7"},
		{"OFFICIAL-SENSITIVE", "OFFICIAL-SENSITIVE Case 7", "OFFICIAL-SENSITIVE Case 7"},
		{"OFFICIAL-SENSITIVE", "Re: official-sensitive: Case", "OFFICIAL-SENSITIVE Re: Case"},
		{"OFFICIAL", "UNOFFICIAL note", "OFFICIAL UNOFFICIAL note"},
		{"OFFICIAL", "OFFICIAL-SENSITIVE note", "OFFICIAL OFFICIAL-SENSITIVE note"},
		{"", "note", "note"},
		{"OFFICIAL", "", "OFFICIAL"},
	} {
		if got := notice.MarkSubject(c.mark, c.subject); got != c.want {
			t.Errorf("MarkSubject(%q, %q) = %q, want %q", c.mark, c.subject, got, c.want)
		}
	}
	if got := notice.SenderLine(addr.Named{Address: carer}); got != "carer@home.example" {
		t.Errorf("SenderLine without name = %q", got)
	}
}
