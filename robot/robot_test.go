package robot_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime/quotedprintable"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/relay/relaytest"
	"github.com/postseal/postseal/robot"
	"github.com/postseal/postseal/shelf"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/store/storetest"
)

var (
	jane  = addr.MustParse("jane.doe@example.gov.uk")
	bob   = addr.MustParse("bob@firm.example")
	carol = addr.MustParse("carol@clinic.example")
	to    = addr.MustParse("mobile@secure.example.gov.uk")
)

// world is a robot around a store in memory, with one envelope to bob and carol.
type world struct {
	*testing.T
	*storetest.Clock
	store   *store.Store
	keys    *store.Keyring
	shelf   *shelf.Dir
	inbound *relaytest.Outbox
	robot   *robot.Robot
	record  store.Record
	page    string // securedoc.html
	dns     map[string][]string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, Clock: storetest.NewClock(), keys: storetest.Keys(t), inbound: &relaytest.Outbox{}, dns: map[string][]string{}}
	w.store = storetest.Memory(t, w.Now)
	var err error
	if w.shelf, err = shelf.OpenDir(filepath.Join(t.TempDir(), "shelf"), shelf.DirOptions{}); err != nil {
		t.Fatal(err)
	}
	w.seal()
	w.robot = &robot.Robot{
		Store: w.store, Keys: w.keys, Inbound: w.inbound, Shelf: w.shelf, Spool: t.TempDir(), Now: w.Now,
		Notices: notice.New(notice.Brand{Organisation: "Borough of Example", Service: addr.MustParse("secure@example.gov.uk"),
			ServiceDomain: "secure.example.gov.uk", PortalURL: "https://secure.example.gov.uk"}, nil),
		Inside:  func(a addr.Address) bool { return a.DomainKey() == "example.gov.uk" },
		Domains: []string{"mail.oldborough.example"},
		Proof: robot.Proof{AuthservIDs: []string{"mail.example.gov.uk"}, LookupTXT: func(_ context.Context, name string) ([]string, error) {
			return w.dns[name], nil
		}},
	}
	return w
}

// seal stores the envelope and writes its page; the shelf stays empty.
func (w *world) seal() {
	w.Helper()
	now := w.Now()
	p := storetest.Message(w.keys, "m1", now, bob, carol)
	p.Record.Sender, p.Record.EnvelopeFrom, p.Record.SenderName = jane, jane, "Jane Doe"
	var container, page bytes.Buffer
	digest, err := envelope.Seal(&container, strings.NewReader("Subject: x\r\n\r\nsecret words"), envelope.SealOptions{Key: p.Key, SaltSeed: [32]byte{1}})
	if err != nil {
		w.Fatal(err)
	}
	p.Record.Digests = []envelope.Digest{digest}
	err = envelope.WritePage(&page, envelope.Page{Version: 1, ID: p.Record.ID, Secret: w.keys.Secret(p.Record.ID), Servers: []string{"https://secure.example.gov.uk"},
		Organisation: "Borough of Example", From: jane.String(), To: []string{bob.String()}, Form: envelope.Classic, Date: now, Expires: p.Record.ExpiresAt}, bytes.NewReader(container.Bytes()))
	if err != nil {
		w.Fatal(err)
	}
	w.page = page.String()
	if err := w.store.Prepare(context.Background(), p); err != nil {
		w.Fatal(err)
	}
	if err := w.store.Queued(context.Background(), p.Record.ID, p.Recipients, nil, "Q1", now); err != nil {
		w.Fatal(err)
	}
	w.record = p.Record
}

// link is the link that the envelope's mail had.
func (w *world) link() string {
	return "https://secure.example.gov.uk/m/" + w.record.ID.String() + "?t=" + w.keys.Secret(w.record.ID).Encode()
}

// fill puts the envelope's names into a file of testdata/robot, with CRLF.
func (w *world) fill(text string) string {
	w.Helper()
	fill := func(text string, data any) string {
		t, err := template.New("").Funcs(template.FuncMap{"base64": inBase64, "qp": inQuotedPrintable, "escape": url.QueryEscape}).Parse(text)
		if err != nil {
			w.Fatal(err)
		}
		var b strings.Builder
		if err := t.Execute(&b, data); err != nil {
			w.Fatal(err)
		}
		return strings.ReplaceAll(strings.ReplaceAll(b.String(), "\r\n", "\n"), "\n", "\r\n")
	}
	data := map[string]any{"ID": w.record.ID.String(), "Secret": w.keys.Secret(w.record.ID).Encode(), "OuterID": w.record.OuterID,
		"Mark": w.keys.ReportMark(w.record.ID), "Link": w.link(), "Page": w.page}
	inner, err := os.ReadFile("../testdata/robot/inner.txt")
	if err != nil {
		w.Fatal(err)
	}
	data["Inner"] = fill(string(inner), data)
	return fill(text, data)
}

func inBase64(s string) string {
	var b strings.Builder
	text := base64.StdEncoding.EncodeToString([]byte(s))
	for len(text) > 76 {
		b.WriteString(text[:76] + "\n")
		text = text[76:]
	}
	return b.String() + text
}

func inQuotedPrintable(s string) (string, error) {
	var b strings.Builder
	q := quotedprintable.NewWriter(&b)
	_, err := q.Write([]byte(s))
	return b.String() + "", firstOf(err, q.Close())
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// deliver hands a mail to the robot as Postfix would.
func (w *world) deliver(to addr.Address, from, raw string) error {
	w.Helper()
	sender, _ := addr.Parse(from)
	m, err := robot.ReadMail(w.robot.Spool, sender, strings.NewReader(raw))
	if err != nil {
		w.Fatal(err)
	}
	defer m.Close()
	return w.robot.Deliver(context.Background(), to, m)
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// sent gives the notices stored since the last call, as "kind address".
func (w *world) sent() (names []string, all []store.Outgoing) {
	w.Helper()
	for {
		got, err := w.store.Claim(context.Background(), 50, time.Minute, w.Now().Add(time.Second))
		if err != nil {
			w.Fatal(err)
		}
		if len(got) == 0 {
			slices.Sort(names)
			return names, all
		}
		for _, o := range got {
			names, all = append(names, o.Kind+" "+o.To.String()), append(all, o)
			w.must(w.store.Sent(context.Background(), o, w.Now()))
		}
	}
}

func dataOf[T any](w *world, o store.Outgoing) (d T) {
	w.Helper()
	if err := json.Unmarshal(o.Data, &d); err != nil {
		w.Fatal(err)
	}
	return d
}

// cases reads testdata/robot: "Expect:" and "Because:", an empty line, the mail.
func cases(t testing.TB) map[string][2]string {
	t.Helper()
	files, err := filepath.Glob("../testdata/robot/*.eml")
	if err != nil || len(files) < 15 {
		t.Fatalf("got %d cases and %v", len(files), err)
	}
	out := map[string][2]string{}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		head, mail, ok := strings.Cut(string(b), "\n\n")
		expect, ok2 := strings.CutPrefix(strings.SplitN(head, "\n", 2)[0], "Expect: ")
		if !ok || !ok2 {
			t.Fatalf("%s: no expectation", name)
		}
		out[strings.TrimSuffix(filepath.Base(name), ".eml")] = [2]string{expect, mail}
	}
	return out
}

// BOP-20: the whole mail forwarded to the rescue address, as programs do it; the
// link goes to recorded recipients, whoever forwarded.
func TestForwards(t *testing.T) {
	for name, c := range cases(t) {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.must(w.deliver(to, "bob@firm.example", w.fill(c[1])))
			var want []string
			if people, ok := strings.CutPrefix(c[0], "link "); ok {
				for _, p := range strings.Fields(people) {
					want = append(want, "rescue "+p)
				}
			}
			got, all := w.sent()
			if !slices.Equal(got, want) {
				t.Fatalf("got %v, want %v", got, want)
			}
			for _, o := range all {
				d := dataOf[notice.RescueData](w, o)
				hasPage := strings.Contains(c[1], ".Page")
				if hasPage && d.Link != w.link() || !hasPage && d.Link != "" {
					t.Errorf("got link %q; the mail had the page: %v", d.Link, hasPage)
				}
			}
		})
	}
}

// The shelf has it: the link works without the file; it never has the subject.
func TestLinkWithoutTheFile(t *testing.T) {
	w := newWorld(t)
	w.must(w.deliver(to, "bob@firm.example", w.fill(cases(t)["gmail-inline"][1])))
	w.sent()
	w.Add(20 * 24 * time.Hour) // the first link's time is over
	w.must(w.deliver(to, "bob@firm.example", w.fill(cases(t)["iphone"][1])))
	_, all := w.sent()
	if len(all) != 1 || dataOf[notice.RescueData](w, all[0]).Link != w.link() || strings.Contains(string(all[0].Data), "Care plan") {
		t.Fatalf("got %v", all)
	}
	r, err := w.store.EnvelopeForOperator(context.Background(), w.record.ID)
	if err != nil || !r.LinkUntil.After(w.Now().Add(13*24*time.Hour)) {
		t.Errorf("link until %v and %v, want two weeks more", r.LinkUntil, err)
	}
}

// A page whose ciphertext is not the record's puts nothing on the shelf.
func TestForeignCiphertext(t *testing.T) {
	w := newWorld(t)
	real := w.page
	i := strings.Index(w.page, `name="ct"`)
	i += strings.Index(w.page[i:], ">") + 60
	w.page = w.page[:i] + flip(w.page[i:i+1]) + w.page[i+1:]
	if w.page == real {
		t.Fatal("nothing was changed")
	}
	w.must(w.deliver(to, "bob@firm.example", w.fill(cases(t)["gmail-inline"][1])))
	_, all := w.sent()
	if len(all) != 1 || dataOf[notice.RescueData](w, all[0]).Link != "" {
		t.Fatalf("got %d notices, want one that asks for the whole mail", len(all))
	}
}

func flip(s string) string {
	if s == "A" {
		return "B"
	}
	return "A"
}

// At most three a day for a recipient of an envelope, and again the day after.
func TestRescueQuota(t *testing.T) {
	w := newWorld(t)
	for i, want := range []int{1, 1, 1, 0, 0} {
		w.must(w.deliver(to, "bob@firm.example", w.fill(cases(t)["gmail-inline"][1])))
		if got, _ := w.sent(); len(got) != want {
			t.Fatalf("mail %d: got %v, want %d", i+1, got, want)
		}
		w.Add(time.Minute)
	}
	w.Add(24 * time.Hour)
	w.must(w.deliver(to, "bob@firm.example", w.fill(cases(t)["gmail-inline"][1])))
	if got, _ := w.sent(); len(got) != 1 {
		t.Fatalf("next day: got %v, want one", got)
	}
}

// A stranger hears one line, the same whether there is a message or not, once a
// day, and only when his domain proves the mail.
func TestStrangers(t *testing.T) {
	const results = "Authentication-Results: %s;\r\n\tdmarc=%s (p=none) header.from=%s\r\n"
	stranger := "From: Eve <eve@evil.example>\r\nTo: mobile@secure.example.gov.uk\r\nSubject: x\r\nMessage-ID: <e@evil.example>\r\n\r\n%s\r\n"
	for _, c := range []struct {
		name, results, text string
		want                []string
	}{
		{"unproved", "", "hello", nil},
		{"proved, no message", fmt.Sprintf(results, "mail.example.gov.uk", "pass", "evil.example"), "hello", []string{"rescue-told eve@evil.example"}},
		{"proved, a message", fmt.Sprintf(results, "mail.example.gov.uk", "pass", "evil.example"), "{{.Link}}", []string{"rescue bob@firm.example", "rescue carol@clinic.example", "rescue-told eve@evil.example"}},
		{"said by a stranger's server", fmt.Sprintf(results, "mx.evil.example", "pass", "evil.example"), "hello", nil},
		{"failed", fmt.Sprintf(results, "mail.example.gov.uk", "fail", "evil.example"), "hello", nil},
		{"of another domain", fmt.Sprintf(results, "mail.example.gov.uk", "pass", "other.example"), "hello", nil},
		{"ours below says pass, above says fail", fmt.Sprintf(results, "mail.example.gov.uk", "fail", "evil.example") + fmt.Sprintf(results, "mail.example.gov.uk", "pass", "evil.example"), "hello", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			mail := c.results + w.fill(fmt.Sprintf(stranger, c.text))
			w.must(w.deliver(to, "eve@evil.example", mail))
			got, all := w.sent()
			if !slices.Equal(got, c.want) {
				t.Fatalf("got %v, want %v", got, c.want)
			}
			for _, o := range all {
				if strings.HasPrefix(o.Kind, "rescue-told") && strings.Contains(string(o.Data), w.record.ID.String()) {
					t.Error("the stranger is told which message")
				}
			}
			w.must(w.deliver(to, "eve@evil.example", mail))
			if got, _ := w.sent(); slices.Contains(got, "rescue-told eve@evil.example") {
				t.Errorf("told twice a day: %v", got)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	w := newWorld(t)
	id := w.record.ID.String()
	for address, want := range map[string]int{
		"mobile@secure.example.gov.uk": 0, "MOBILE@mail.oldborough.example": 0, "b+" + id + "@secure.example.gov.uk": 0, "b+none@secure.example.gov.uk": 0,
		"reply+" + id + "@mail.oldborough.example": 0, "b+aaaaaaaaaaaaaaaaaaaaaaaaaa@secure.example.gov.uk": 550,
		"reply+bbbbbbbbbbbbbbbbbbbbbbbbbq@secure.example.gov.uk": 550, "other@secure.example.gov.uk": 550, "mobile@example.gov.uk": 550, "reply@secure.example.gov.uk": 550,
		"mobile+x@secure.example.gov.uk": 550, "reply+none@secure.example.gov.uk": 550,
	} {
		got := 0
		if err := w.robot.Accepts(context.Background(), addr.MustParse(address)); err != nil {
			got = err.(*robot.Refusal).Code
		}
		if got != want {
			t.Errorf("%s: got %d, want %d", address, got, want)
		}
	}
}
