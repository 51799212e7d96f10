package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
)

// How long the walk waits for one mail, and for all together. Nothing takes
// longer than a second on a machine that is not broken.
const (
	mailWait = 15 * time.Second
	walkTime = 60 * time.Second
)

// ErrWalk says that a step of the walk did not hold; which one was printed.
var ErrWalk = errors.New("the walk did not hold")

// Walk goes the whole way of a message by itself, without a browser: staff send,
// recipients register, sign in, open by link and by file, save, answer. What
// arrives is compared byte for byte with what was sent.
type Walk struct {
	Front   string // address to which staff submit
	Portal  string // base URL of the recipients' pages, without final slash
	Catcher *Catcher
	Out     io.Writer        // one line for each step
	Now     func() time.Time // the Date of what is sent
}

// sent is one message of the walk and what became of it.
type sent struct {
	raw     []byte
	draft   Draft
	after   int // number of the newest mail before it was sent
	arrived *Mail
}

// walker is a walk under way: what one step leaves for the next.
type walker struct {
	Walk
	plain, tagged, flagged sent
	jane                   *visitor
	message                string // path of the tagged message's page
	file                   *keyHolder
	opened                 opened
	answered               *Mail // the reply from the opened file
	again                  sent  // what the writer answered to it
}

// Run walks, printing a line for each step, and stops at the first that does
// not hold. The error wraps ErrWalk.
func (w Walk) Run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, walkTime)
	defer cancel()
	jane, err := newVisitor()
	if err != nil {
		return err
	}
	r := &walker{Walk: w, jane: jane}
	began := time.Now()
	for i, step := range r.steps() {
		begin := time.Now()
		err := step.do(ctx)
		if err != nil {
			fmt.Fprintf(w.Out, "FAILED  %2d. %s\n        %v\n", i+1, step.what, err)
			return fmt.Errorf("%w: step %d: %w", ErrWalk, i+1, err)
		}
		fmt.Fprintf(w.Out, "ok      %2d. %s (%d ms)\n", i+1, step.what, time.Since(begin).Milliseconds())
	}
	fmt.Fprintf(w.Out, "All of it held, in %.1f s.\n", time.Since(began).Seconds())
	return nil
}

type step struct {
	what string
	do   func(context.Context) error
}

func (w *walker) steps() []step {
	return []step{
		{"a plain message to somebody outside arrives untouched, byte for byte", w.sendPlain},
		{"a message tagged [SECURE], with an attachment, leaves sealed: no word of it in clear", w.sendTagged},
		{"a message marked Confidential leaves sealed; the colleague in copy has it as it was written", w.sendFlagged},
		{"the link of the notification leads to a sign-in page; the recipient sets a password", w.register},
		{"the activation mail's link works, and leads to the message", w.activate},
		{"the attachment saved from the page is the one that was sent (SHA-256)", w.saveAttachment},
		{"the message saved from the page is the one that was sent (SHA-256)", w.saveMessage},
		{"securedoc.html opens with a code by mail, byte for byte", w.openFile},
		{"somebody else who has the file is refused", w.refuseStranger},
		{"a reply written on the page arrives at the writer's, tagged, with its attachment", w.reply},
		{"a reply written in the opened file does, too", w.replyFromFile},
		{"the writer answers that in Outlook, and it leaves sealed again", w.answerAgain},
		{"the writer has one confirmation for each sealed message, and none for the plain one", w.confirmations},
		{"the writer takes a message back; its file stays shut, and says why", w.takeBack},
	}
}

// Words that nobody writes by chance: they must not be found in what leaves.
const (
	secretWord = "quillwort-heronsgate"
	secretFile = "Heronsgate review.pdf"
)

func secretText() string {
	return "Dear reader,\n\nthe " + secretWord + " review is attached. Größe and 日本 stay what they are.\n\nAlex"
}

// send submits a draft as staff would and notes what was there before.
func (w *walker) send(d Draft) (sent, error) {
	raw, recipients, err := d.Compose(w.Now())
	if err != nil {
		return sent{}, err
	}
	s := sent{raw: raw, draft: d, after: w.Catcher.Last()}
	if _, err := Submit(w.Front, d.From, recipients, raw); err != nil {
		return sent{}, fmt.Errorf("the mail server refused it: %w", err)
	}
	return s, nil
}

// wait gives the first mail for address after number `after` that match accepts.
func (w *walker) wait(ctx context.Context, after int, address, what string, match func(*Mail) bool) (*Mail, error) {
	ctx, cancel := context.WithTimeout(ctx, mailWait)
	defer cancel()
	m, err := w.Catcher.Wait(ctx, after, func(m *Mail) bool { return m.For(address) && match(m) })
	if err != nil {
		return nil, fmt.Errorf("no %s came for %s: %w", what, address, err)
	}
	return m, nil
}

func inClear(m *Mail) bool { return m.Way == Clear }
func sealed(m *Mail) bool  { return m.Way == Reentry && m.Sealed() }
func service(m *Mail) bool { return m.Service() }
func reply(m *Mail) bool   { return m.Way == Inbound && m.Answer() }

func (w *walker) sendPlain(ctx context.Context) (err error) {
	to := Outside()[0]
	w.plain, err = w.send(Draft{From: Staff()[0].Address, To: to.String(), Subject: "Opening hours over Easter", Text: "We are closed from Friday to Monday.\n\nAlex", HTML: true})
	if err != nil {
		return err
	}
	m, err := w.wait(ctx, w.plain.after, to.Address, "ordinary mail", inClear)
	if err != nil {
		return err
	}
	return same("the mail", m.Raw, w.plain.raw)
}

func (w *walker) sendTagged(ctx context.Context) (err error) {
	body := make([]byte, 300_000)
	_, _ = rand.Read(body) // never fails (crypto/rand)
	to := Outside()[0]
	w.tagged, err = w.send(Draft{From: Staff()[0].Address, To: to.String(), Subject: "Review of Thursday [SECURE]", Text: secretText(), HTML: true,
		Files: []File{{Name: secretFile, Type: "application/pdf", Body: body}}})
	if err != nil {
		return err
	}
	if w.tagged.arrived, err = w.wait(ctx, w.tagged.after, to.Address, "sealed mail", sealed); err != nil {
		return err
	}
	return w.nothingLeaked(w.tagged, to.Address)
}

func (w *walker) sendFlagged(ctx context.Context) (err error) {
	to, cc := Outside()[1], Staff()[1]
	w.flagged, err = w.send(Draft{From: Staff()[0].Address, To: to.String(), Cc: cc.String(), Subject: "Papers for Monday", Sensitivity: "Company-Confidential", Text: secretText(), HTML: true})
	if err != nil {
		return err
	}
	if w.flagged.arrived, err = w.wait(ctx, w.flagged.after, to.Address, "sealed mail", sealed); err != nil {
		return err
	}
	if err := w.nothingLeaked(w.flagged, to.Address); err != nil {
		return err
	}
	m, err := w.wait(ctx, w.flagged.after, cc.Address, "ordinary mail", inClear)
	if err != nil {
		return err
	}
	return same("the colleague's mail", m.Raw, w.flagged.raw)
}

// nothingLeaked looks at all that has come for address since s was sent: one
// sealed mail and nothing else, without a word of it in any part.
func (w *walker) nothingLeaked(s sent, address string) error {
	n := 0
	for _, m := range w.Catcher.Inbox(address) {
		if m.Number <= s.after {
			continue
		}
		n++
		shown := [][]byte{m.Raw, []byte(m.Parsed.Subject), []byte(m.Parsed.Text), []byte(m.Parsed.HTML)}
		for _, f := range m.Parsed.Files {
			shown = append(shown, []byte(f.Name), f.Body)
		}
		for _, b := range shown {
			if bytes.Contains(b, []byte(secretWord)) || bytes.Contains(b, []byte("Heronsgate")) {
				return fmt.Errorf("mail %d for %s has words of the message in clear", m.Number, address)
			}
		}
	}
	if n != 1 {
		return fmt.Errorf("%s got %d mails, want 1", address, n)
	}
	return nil
}

// register follows the notification's link as a first-time reader.
func (w *walker) register(ctx context.Context) error {
	link, err := linkIn(w.tagged.arrived, w.Portal+"/m/")
	if err != nil {
		return err
	}
	if err := w.jane.open(ctx, link); err != nil {
		return err
	}
	if strings.Contains(w.jane.text(), secretWord) {
		return errors.New("the message is shown to somebody who has not signed in")
	}
	to, err := w.jane.link("/register")
	if err != nil {
		return err
	}
	if err := w.jane.open(ctx, to); err != nil {
		return err
	}
	question, err := w.jane.option("question")
	if err != nil {
		return err
	}
	const password = "barge lantern thistle"
	return w.jane.submit(ctx, map[string]string{"first": "Jane", "last": "Doe", "password": password, "again": password, "question": question, "answer": "Rover"})
}

// activate presses the button behind the activation mail's link in the same
// browser and goes on to the message.
func (w *walker) activate(ctx context.Context) error {
	prefix := w.Portal + "/activate?t="
	m, err := w.wait(ctx, w.tagged.arrived.Number, Outside()[0].Address, "activation mail", func(m *Mail) bool {
		_, err := linkIn(m, prefix)
		return service(m) && err == nil
	})
	if err != nil {
		return err
	}
	link, err := linkIn(m, prefix)
	if err != nil {
		return err
	}
	if err := w.jane.open(ctx, link); err != nil {
		return err
	}
	if err := w.jane.submit(ctx, map[string]string{"t": w.jane.at.Query().Get("t")}); err != nil {
		return err
	}
	next, err := w.jane.link("/m/")
	if err != nil {
		return err
	}
	if err := w.jane.open(ctx, next); err != nil {
		return err
	}
	w.message = w.jane.at.Path
	if !strings.Contains(w.jane.text(), secretWord) {
		return fmt.Errorf("the page %q does not show the message", w.jane.title())
	}
	return nil
}

func (w *walker) saveAttachment(ctx context.Context) error {
	link, err := w.jane.link(w.message + "/part/")
	if err != nil {
		return err
	}
	got, err := w.jane.fetch(ctx, link)
	if err != nil {
		return err
	}
	return same("the attachment", got, w.tagged.draft.Files[0].Body)
}

func (w *walker) saveMessage(ctx context.Context) error {
	got, err := w.jane.fetch(ctx, w.message+"/message.eml")
	if err != nil {
		return err
	}
	return same("the saved message", got, w.tagged.raw)
}

const replyWords = "Thank you. I have signed it."

// reply answers on the page.
func (w *walker) reply(ctx context.Context) error {
	if err := w.jane.open(ctx, w.message+"/reply"); err != nil {
		return err
	}
	after, answer := w.Catcher.Last(), File{Name: "signed.pdf", Body: Sample().Body}
	if err := w.jane.submit(ctx, map[string]string{"text": replyWords}, answer); err != nil {
		return err
	}
	_, err := w.replied(ctx, after, w.tagged, Outside()[0], answer)
	return err
}

// replied looks at what the writer of s gets: tagged once, so that an answer
// from Outlook is sealed again and goes to the one who replied.
func (w *walker) replied(ctx context.Context, after int, s sent, by Person, answer File) (*Mail, error) {
	m, err := w.wait(ctx, after, s.draft.From, "reply", reply)
	if err != nil {
		return nil, err
	}
	p := m.Parsed
	switch {
	case strings.Count(p.Subject, "[SECURE]") != 1:
		return nil, fmt.Errorf("the reply's subject is %q, want [SECURE] in it once", p.Subject)
	case !strings.Contains(p.Text, replyWords):
		return nil, errors.New("the reply has not the words that were written")
	case !strings.Contains(p.ReplyTo, by.Address):
		return nil, fmt.Errorf("an answer would go to %q, want %s", p.ReplyTo, by.Address)
	case len(p.Files) != 1:
		return nil, fmt.Errorf("the reply has %d attachments, want 1", len(p.Files))
	}
	return m, same("the reply's attachment", p.Files[0].Body, answer.Body)
}

// answerAgain presses Answer on the reply: the tag that it brought along seals.
func (w *walker) answerAgain(ctx context.Context) (err error) {
	if w.again, err = w.send(answerTo(w.answered, w.flagged.draft.From)); err != nil {
		return err
	}
	reader := Outside()[1].Address
	if w.again.arrived, err = w.wait(ctx, w.again.after, reader, "sealed mail", sealed); err != nil {
		return err
	}
	if bytes.Contains(w.again.arrived.Raw, []byte(replyWords)) || strings.Contains(w.again.arrived.Parsed.Text, replyWords) {
		return errors.New("the quoted words left in clear")
	}
	return nil
}

// confirmations counts what postseal itself has written to the writer.
func (w *walker) confirmations(ctx context.Context) error {
	writer := w.tagged.draft.From
	all := []sent{w.tagged, w.flagged, w.again}
	for _, s := range all {
		reader := s.arrived.To[0]
		if _, err := w.wait(ctx, s.after, writer, "confirmation about "+reader, func(m *Mail) bool { return service(m) && strings.Contains(m.Parsed.Text, reader) }); err != nil {
			return err
		}
	}
	n := 0
	for _, m := range w.Catcher.Inbox(writer) {
		if service(m) {
			n++
		}
	}
	if n != len(all) {
		return fmt.Errorf("the writer has %d confirmations, want %d", n, len(all))
	}
	return nil
}

// same compares by SHA-256, as a reader who saved a file would.
func same(what string, got, want []byte) error {
	if sha256.Sum256(got) != sha256.Sum256(want) {
		return fmt.Errorf("%s differs: %d bytes, SHA-256 %x; sent were %d bytes, SHA-256 %x", what, len(got), sha256.Sum256(got), len(want), sha256.Sum256(want))
	}
	return nil
}

var href = regexp.MustCompile(`href="([^"]*)"`)

// linkIn gives the first link in a mail's HTML part that begins with prefix.
func linkIn(m *Mail, prefix string) (string, error) {
	for _, found := range href.FindAllStringSubmatch(m.Parsed.HTML, -1) {
		if link := strings.ReplaceAll(found[1], "&amp;", "&"); strings.HasPrefix(link, prefix) {
			return link, nil
		}
	}
	return "", fmt.Errorf("the mail %q has no link to %s", m.Parsed.Subject, prefix)
}
