package e2e_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	cdp "github.com/chromedp/chromedp"
	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/internal/redistest"
)

// replyRules has a profile for each freedom to answer, chosen by a tag.
const replyRules = `
rules:
  - {name: answer all, if: {subject_tag: [ALL]}, do: seal, profile: everybody}
  - {name: answer ours, if: {subject_tag: [OURS]}, do: seal, profile: ours}
  - {name: passive, if: {subject_tag: [QUIET]}, do: seal, profile: quiet}
  - {name: subject tag, if: {subject_tag: [SECURE]}, do: seal}
  - {name: friends, to: [friend.example], do: pass}
profiles:
  default: {reply: sender, attach_up_to: 60MB}
  everybody: {reply: all, banner: "OFFICIAL-SENSITIVE: handle with care."}
  ours: {reply: domains}
  quiet: {form: passive, reply: all}
`

// TestReply walks answers through the real Postfix, Redis, daemon and Chromium.
func TestReply(t *testing.T) {
	e2etest.NeedRoot(t)
	s := &site{t: t, Postfix: e2etest.NewPostfix(t, e2etest.PostfixOptions{Tables: map[string]string{
		"virtual": "away@example.gov.uk away@elsewhere.example\n"}}), redis: redistest.StartRedis(t)}
	s.seal = e2etest.StartPostseal(t, e2etest.PostsealOptions{Postfix: s.Postfix, Redis: s.redis.Addr, Rules: replyRules})
	s.Start()
	w := &world{site: s, web: e2etest.StartBrowser(t)}
	sizes := []e2etest.TabOptions{{Width: 360, Height: 740}, {Width: 1280, Height: 900}}
	if os.Getenv(e2etest.ShotsTo) == "" {
		sizes = sizes[:1]
	}
	for i, size := range sizes {
		t.Run(fmt.Sprint("AllFromTheWebsite", size.Width), func(t *testing.T) { replyAllFromTheWebsite(t, w, size, i) })
		t.Run(fmt.Sprint("AllFromTheFile", size.Width), func(t *testing.T) { replyAllFromTheFile(t, w, size, i) })
	}
	t.Run("OursOnly", func(t *testing.T) { replyOursOnly(t, w) })
	t.Run("PressedTwice", func(t *testing.T) { replyPressedTwice(t, w) })
	t.Run("AliasLeadsOutside", func(t *testing.T) { replyAliasLeadsOutside(t, w) })
	t.Run("KeysOnlyWithoutScript", func(t *testing.T) { replyKeysOnly(t, w) })
}

// addressed is a message of several people.
func addressed(from, to, cc, subject, text string, more ...string) []byte {
	return note(from, to, subject, text, append([]string{"Cc: " + cc}, more...)...)
}

// file writes noise of n bytes under a name.
func file(t *testing.T, name string, n int) (path string, body []byte) {
	t.Helper()
	path, body = filepath.Join(t.TempDir(), name), noise(n)
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, body
}

const megabyte = 1 << 20

func (w *world) signInByLink(t *testing.T, b *e2etest.Tab, l letter, to string, n int) {
	t.Helper()
	b.Open(l.link)
	if strings.Contains(b.HTML(), `name="address"`) {
		b.Type("#address", to+"\r")
	}
	b.Press("Send me a code")
	b.Heading("Type the code")
	b.Type("#code", w.code(t, w.Outside, to, n))
	b.Press("Continue")
}

// sealedFor waits for the sealed answer that somebody outside gets.
func (w *world) sealedFor(t *testing.T, to, subject string) e2etest.Delivery {
	t.Helper()
	return mail(t, w.Outside, "the sealed answer for "+to, 1, func(d e2etest.Delivery) bool {
		return d.Has(to) && e2etest.IsSealed(t, d.Raw) && e2etest.Header(t, d.Raw, "Subject") == subject
	})
}

func has(t *testing.T, who string, raw []byte, name string, want []byte) {
	t.Helper()
	for _, f := range e2etest.Leaves(t, raw) {
		if f.Name == name && bytes.Equal(f.Body, want) {
			return
		}
	}
	t.Errorf("%s has no %s, or not the bytes that were sent", who, name)
}

// Reply to all from the website with 9 MB and a copy for the writer, after 11 MB
// were refused with the draft kept; what each person gets, and how it threads.
// BCC-14, BCC-21 to 23, BCC-25, SCC-13 to 15, CYC-10
func replyAllFromTheWebsite(t *testing.T, w *world, size e2etest.TabOptions, n int) {
	from, to, sam, bob, pat := fmt.Sprintf("ada%d@example.gov.uk", n), fmt.Sprintf("carla%d@home.example", n), fmt.Sprintf("sam%d@firm.example", n), fmt.Sprintf("bob%d@example.gov.uk", n), fmt.Sprintf("pat%d@friend.example", n)
	subject := fmt.Sprintf("[ALL] Care plan %d", n)
	raw := addressed("Ada Officer <"+from+">", to, sam+", "+bob+", "+pat, subject, "Please read this.", "References: <root@example.gov.uk>",
		"Thread-Topic: Care plan", "Thread-Index: AdH7pEAAMDEyMzQ1Njc4OWFiY2RlZg==")
	l := w.send(t, from, []string{to, sam, bob, pat}, raw)
	b := w.person(t, size)
	w.signInByLink(t, b, l, to, 1)
	b.Heading(subject)
	b.Shot("1 message")
	b.Press("Reply to all")
	b.Heading("Reply")
	b.Type("#text", "Dear all,\nhere it is.")
	big, _ := file(t, "big.pdf", 11*megabyte)
	small, bytes9 := file(t, "plan.pdf", 9*megabyte)
	b.Attach("#file", big)
	b.Do(cdp.Click(cdp.CSS("#copy")))
	b.Shot("2 reply")
	b.Press("Send")
	b.Heading("There is a problem")
	b.Says("bigger than 10 MB")
	b.Says("Choose your files once more: big.pdf")
	b.Shot("3 too big")
	if got := b.Value("#text"); got != "Dear all,\nhere it is." {
		t.Errorf("the draft became %q", got)
	}
	if b.Wide() {
		t.Error("the form sticks out to the side")
	}
	b.Attach("#file", small)
	b.Press("Send")
	b.Heading("Message sent")
	b.Says("When Ada Officer answers")
	b.Shot("4 sent")

	answer := "Re: " + subject
	for _, who := range []string{from, bob} {
		d := mail(t, w.Inside, "the answer for "+who, 1, func(d e2etest.Delivery) bool {
			return d.Has(who) && strings.Contains(e2etest.Header(t, d.Raw, "From"), "(secure mail)")
		})
		if got := e2etest.Header(t, d.Raw, "Subject"); got != "[SECURE] "+answer {
			t.Errorf("got subject %q", got)
		}
		has(t, who, d.Raw, "plan.pdf", bytes9)
		original := e2etest.Header(t, raw, "Message-ID")
		outer := e2etest.Header(t, l.mail, "Message-ID")
		for name, want := range map[string]string{"In-Reply-To": original, "References": "<root@example.gov.uk> " + outer + " " + original, "Thread-Topic": "Care plan"} {
			if got := strings.Join(strings.Fields(e2etest.Header(t, d.Raw, name)), " "); got != want {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		}
		if got := e2etest.Header(t, d.Raw, "Thread-Index"); !strings.HasPrefix(got, "AdH7pEAAMDEyMzQ1Njc4OWFiY2Rl") || len(got) != 36 {
			t.Errorf("got Thread-Index %q", got)
		}
	}
	for _, who := range []string{sam, pat, to} { // pat's mail passes by a rule when staff write
		d := w.sealedFor(t, who, answer)
		if bytes.Contains(d.Raw, []byte("here it is")) {
			t.Errorf("%s: the text left in clear", who)
		}
		if got, outer := e2etest.Header(t, d.Raw, "In-Reply-To"), e2etest.Header(t, l.mail, "Message-ID"); got != outer {
			t.Errorf("%s: got In-Reply-To %q, want %q, which is in the mailbox", who, got, outer)
		}
		if cc := e2etest.Header(t, d.Raw, "Cc"); strings.Contains(cc, to) {
			t.Errorf("the writer's copy is told to everybody: %q", cc)
		}
		if who == sam {
			original := e2etest.NewReader(t, w.seal, w.Outside, who).Open(d.Raw)
			has(t, who, original, "plan.pdf", bytes9)
			if got := plainText(t, original); !strings.Contains(got, "> Please read this.") {
				t.Errorf("the answer does not quote: %q", got)
			}
		}
	}
	// The writer opens her copy by the same means, in her session.
	copied := w.received(t, w.sealedFor(t, to, answer))
	b.Open(copied.link)
	b.Heading(answer)
	if !strings.Contains(b.HTML(), "here it is.") { // behind "Show as plain text"
		t.Error("the copy does not show what was written")
	}
}

// The same from the file that stands on the disk.
func replyAllFromTheFile(t *testing.T, w *world, size e2etest.TabOptions, n int) {
	from, to, sam := fmt.Sprintf("eve%d@example.gov.uk", n), fmt.Sprintf("fay%d@home.example", n), fmt.Sprintf("gus%d@firm.example", n)
	subject := fmt.Sprintf("[ALL] School %d", n)
	l := w.send(t, from, []string{to, sam}, addressed(from, to, sam, subject, "Which school?"))
	b := w.person(t, size)
	open := func() {
		b.Press("Send me a code")
		b.Heading("Check your email")
	}
	b.Open(l.file)
	if b.HTML(); strings.Contains(b.HTML(), `id="choose"`) {
		b.Choose("#choose", to)
	}
	open()
	b.Type("#code", w.code(t, w.Outside, to, 1)+"\r")
	b.Heading(subject)
	b.Press("Reply to all")
	b.Heading("Your reply")
	b.Type("#reply-text", "The one at the park.")
	big, _ := file(t, "big.pdf", 11*megabyte)
	small, bytes9 := file(t, "form.pdf", 9*megabyte)
	b.Attach("#reply-files", big)
	b.Says("Together they can be up to 10 MB")
	b.Shot("1 too big")
	b.Attach("#reply-files", small)
	b.Do(cdp.Click(cdp.CSS("#reply-copy")))
	b.Shot("2 reply")

	// The session ends while she writes: the form stays, and is sent when she has
	// signed in again.
	w.endSessions(t)
	b.Press("Send reply")
	b.Says("You were signed out before your reply was sent")
	b.Shot("3 signed out")
	if strings.Contains(b.HTML(), `id="choose"`) {
		b.Choose("#choose", to)
	}
	open()
	b.Type("#code", w.code(t, w.Outside, to, 2)+"\r")
	b.Heading("Your reply has been sent.")
	b.Shot("4 sent")
	d := w.answer(t, from)
	has(t, from, d.Raw, "form.pdf", bytes9)
	if got := plainText(t, d.Raw); !strings.Contains(got, "> Which school?") || !strings.Contains(got, "The one at the park.") {
		t.Errorf("the answer says %q", got)
	}
	w.sealedFor(t, sam, "Re: "+subject)
	w.sealedFor(t, to, "Re: "+subject)
}

// endSessions ends everybody's session, as time would.
func (w *world) endSessions(t *testing.T) {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: w.redis.Addr})
	defer func() { _ = c.Close() }()
	keys, err := c.Keys(t.Context(), "x:*").Result()
	if err == nil && len(keys) > 0 {
		err = c.Del(t.Context(), keys...).Err()
	}
	if err != nil || len(keys) == 0 {
		t.Fatalf("no session to end: %v", err)
	}
}

// BCC-21, CYC-9: only those whom the profile names can be chosen; what a changed
// form asks for beside them is refused, and the draft stays.
func replyOursOnly(t *testing.T, w *world) {
	const from, to, sam, bob, subject = "hal@example.gov.uk", "ida@home.example", "jon@firm.example", "kit@example.gov.uk", "[OURS] Rent"
	l := w.send(t, from, []string{to, sam, bob}, addressed(from, to, sam+", "+bob, subject, "About the rent."))
	b := w.person(t, e2etest.TabOptions{})
	w.signInByLink(t, b, l, to, 1)
	b.Heading(subject)
	b.Press("Reply to all")
	b.Heading("Reply")
	if page := b.HTML(); !strings.Contains(page, `value="`+bob+`"`) || strings.Contains(page, `value="`+sam+`"`) {
		t.Error("the wrong people can be chosen")
	}
	b.Type("#text", "Paid yesterday.")
	e2etest.Get(b, cdp.Evaluate[bool](`(document.querySelector("[name=cc]").value = "jon@firm.example", true)`))
	b.Press("Send")
	b.Heading("There is a problem")
	b.Says("jon@firm.example cannot be written to from here")
	if got := b.Value("#text"); got != "Paid yesterday." {
		t.Errorf("the draft became %q", got)
	}

	// The session ends on the website: the text is there after signing in again.
	w.endSessions(t)
	b.Press("Send")
	b.Heading("Please sign in again")
	b.Shot("signed out while writing")
	b.Press("Sign in")
	b.Press("Send me a code")
	b.Heading("Type the code")
	b.Type("#code", w.code(t, w.Outside, to, 2))
	b.Press("Continue")
	b.Heading("Reply")
	b.Says("Here is what you wrote")
	b.Shot("draft kept")
	if got := b.Value("#text"); got != "Paid yesterday." {
		t.Errorf("the draft became %q", got)
	}
	b.Press("Send")
	b.Heading("Message sent")
	w.answer(t, from)
	w.WaitIdle()
	for _, d := range w.Outside.All() {
		if d.Has(sam) && e2etest.Header(t, d.Raw, "Subject") != subject {
			t.Error("the forged recipient got the answer")
		}
	}
}

// An impatient finger presses twice: one answer arrives.
func replyPressedTwice(t *testing.T, w *world) {
	const from, to, subject = "lea@example.gov.uk", "max@home.example", "[SECURE] Once"
	l := w.send(t, from, []string{to}, note(from, to, subject, "Answer once."))
	b := w.person(t, e2etest.TabOptions{})
	w.signInByLink(t, b, l, to, 1)
	b.Heading(subject)
	b.Press("Reply")
	b.Heading("Reply")
	b.Type("#text", "Only once.")
	e2etest.Get(b, cdp.Evaluate[bool](`(() => {
		const form = document.querySelector("main form");
		form.requestSubmit();
		setTimeout(() => form.requestSubmit(), 20);
		return true;
	})()`))
	b.Heading("Message sent")
	w.WaitIdle()
	count := 0
	for _, d := range w.Inside.All() {
		if d.Has(from) && strings.Contains(e2etest.Header(t, d.Raw, "From"), "(secure mail)") {
			count++
		}
	}
	if count != 1 {
		t.Errorf("got %d answers, want 1", count)
	}
}

// An address of ours that Postfix leads outside gets the answer sealed there.
func replyAliasLeadsOutside(t *testing.T, w *world) {
	const from, to, subject = "away@example.gov.uk", "ned@home.example", "[SECURE] On leave"
	l := w.send(t, from, []string{to}, note(from, to, subject, "I am away."))
	r := e2etest.NewReader(t, w.seal, w.Outside, to)
	r.Open(l.mail)
	if err := r.Reply(l.sealed, "Come back soon."); err != nil {
		t.Fatal(err)
	}
	d := mail(t, w.Outside, "the sealed answer", 1, func(d e2etest.Delivery) bool {
		return d.Has("away@elsewhere.example") && e2etest.IsSealed(t, d.Raw) && strings.HasPrefix(e2etest.Header(t, d.Raw, "Subject"), "Re: ")
	})
	if bytes.Contains(d.Raw, []byte("Come back soon")) {
		t.Error("it left in clear")
	}
	for _, d := range w.Outside.All() {
		if d.Has("away@elsewhere.example") && bytes.Contains(d.Raw, []byte("Come back soon")) {
			t.Error("it left in clear")
		}
	}
}

// Without script, from the passive file, with nothing but the keyboard: open, sign
// in, read, answer, sign out.
func replyKeysOnly(t *testing.T, w *world) {
	const from, to, subject = "olga@example.gov.uk", "pia@home.example", "[QUIET] Lease"
	l := w.send(t, from, []string{to}, note(from, to, subject, "Please confirm."))
	b := w.person(t, e2etest.TabOptions{NoScript: true})
	b.Open(l.file)
	b.Heading("You have a secure message")
	keysTo(t, b, "Open message")
	b.Heading("Sign in to read your message")
	keysTo(t, b, "Send me a code")
	b.Heading("Type the code")
	keysInto(t, b, "code", w.code(t, w.Outside, to, 1)+"\r")
	b.Heading(subject)
	b.Says("Please confirm.")
	keysTo(t, b, "Reply")
	b.Heading("Reply")
	keysInto(t, b, "text", "Confirmed.")
	keysInto(t, b, "copy", " ")
	keysTo(t, b, "Send")
	b.Heading("Message sent")
	if got := plainText(t, w.answer(t, from).Raw); !strings.Contains(got, "Confirmed.") || !strings.Contains(got, "> Please confirm.") {
		t.Errorf("the answer says %q", got)
	}
	w.sealedFor(t, to, "Re: "+subject)
	keysTo(t, b, "Sign out")
	b.Heading("You are signed out")
}

// keysTo goes by the tabulator key to what has these words, and presses Enter.
func keysTo(t *testing.T, b *e2etest.Tab, words string) {
	t.Helper()
	tabTo(t, b, fmt.Sprintf(`document.activeElement.innerText.replace(/\s+/g, " ").trim() === %q && /^(A|BUTTON)$/.test(document.activeElement.tagName)`, words))
	b.Do(cdp.KeyEvent("\r"))
}

// keysInto goes to the field with an id, and types.
func keysInto(t *testing.T, b *e2etest.Tab, id, text string) {
	t.Helper()
	tabTo(t, b, fmt.Sprintf(`document.activeElement.id === %q`, id))
	b.Do(cdp.KeyEvent(text))
}

func tabTo(t *testing.T, b *e2etest.Tab, there string) {
	t.Helper()
	for range 40 {
		if e2etest.Get(b, cdp.Evaluate[bool](there)) {
			return
		}
		b.Do(cdp.KeyEvent("\t"))
	}
	t.Fatalf("no way there by the tabulator: %s", there)
}
