package portal

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/shelf"
	"github.com/postseal/postseal/store"
)

// Refusals of our own; the rest come from store, shelf, envelope and relay.
var (
	errForm      = errors.New("portal: form not from this browser")
	errTooBig    = errors.New("portal: too big")
	errNoAddress = errors.New("portal: no address typed yet")
	errSignIn    = errors.New("portal: not signed in")
	errChanged   = errors.New("portal: not the container that was sent")
	errWrongFile = errors.New("portal: not a message of ours")
	errGone      = errors.New("portal: container not on the shelf")
	errBroken    = errors.New("portal: container does not open")
	errBusy      = errors.New("portal: too much at once")
	errNotSent   = errors.New("portal: reply not taken")
	errPage      = errors.New("portal: no such page")
	errPart      = errors.New("portal: no such attachment")
	errPending   = errors.New("portal: account not activated")
	errNoReply   = errors.New("portal: sender cannot be answered")
)

// told is an error with what its words may name.
type told struct {
	error
	rec    *store.Record // the message; nil where nobody may know of it
	person addr.Address  // who is signed in
}

func (t told) Unwrap() error { return t.error }

// refusal is what one error becomes: a page, and a line of the API.
type refusal struct {
	status int
	code   string // of the API, the log and the metric: a closed set
	title  string
	cause  string // why, with the time where there is one
	next   string // the one next step
	link   string // where a button leads; "." is this very address
	label  string // of the button
	retry  time.Duration
	quote  string // the sender's own words
	mail   string // address for "tell the sender"
	other  bool   // offer to sign in with another address
	upload bool   // offer to hand in the attached file
	plain  bool   // the same bytes for everybody: no cookie, no name
}

// table is the one place that says what people are told. The first row whose
// error matches counts; what no row names is "unavailable", never a detail.
var table = []struct {
	err  error
	what refusal
}{
	{store.ErrNotFound, refusal{status: 404, code: "not_found", title: "This message is not here yet", plain: true, link: ".", label: "Try again",
		cause: "A message can arrive here a little later than the email that tells you about it. Or the link was cut short.",
		next:  "Wait a minute and try again. If it still is not here, press the button in the email once more, or open the file that came with it."}},
	{store.ErrNotRecipient, refusal{status: 403, code: "not_recipient", title: "This message was sent to another address", other: true,
		cause: "Only the people it was sent to can open it, also when the email was passed on.",
		next:  "If it was sent to another address of yours, sign in with that one. If it was not meant for you, please tell the sender."}},
	{store.ErrExpired, refusal{status: 410, code: "expired", title: "This message has closed",
		cause: "It was open for a limited time, which is over.",
		next:  "Ask the sender to open it again or to send it once more."}},
	{store.ErrRecalled, refusal{status: 410, code: "recalled", title: "This message was taken back",
		cause: "The sender has withdrawn it.",
		next:  "If you expected it, please ask the sender."}},
	{store.ErrMethod, refusal{status: 403, code: "method", title: "Please sign in another way",
		cause: "The sender's organisation asks for more for this message than the way in which you signed in.",
		next:  "Sign in with your password, or with a code if you used a password. If you have no password yet, you can set one.", link: "/signin", label: "Sign in another way"}},
	{store.ErrLocked, refusal{status: 429, code: "locked", title: "Please wait before you try again",
		cause: "There were too many wrong tries for this address.",
		next:  "Wait an hour and try again, or sign in another way.", link: "/signin", label: "Sign in another way"}},
	{store.ErrTooMany, refusal{status: 429, code: "too_many", title: "We have already sent several emails",
		cause: "Only a few emails an hour go to one address.", retry: 10 * time.Minute,
		next: "Use the newest of them, look in your junk or spam folder, or ask again in an hour."}},
	{store.ErrCodeExpired, refusal{status: 403, code: "code_expired", title: "This code or link no longer works",
		cause: "A code works for 15 minutes and a link for 30, and each of them once.",
		next:  "Ask for a new one.", link: "/signin", label: "Go on"}},
	{store.ErrWrong, refusal{status: 403, code: "wrong", title: "That did not match",
		cause: "The password or code does not match this address.",
		next:  "Check it and try again. If you have just set a password, first press the link in the email that we sent you."}},
	{store.ErrNoSession, refusal{status: 401, code: "no_session", title: "You have been signed out",
		cause: "You did nothing here for a while, or signed out in another window.",
		next:  "Sign in again.", link: "/", label: "Sign in"}},
	{store.ErrExists, refusal{status: 409, code: "exists", title: "You already have a password",
		cause: "An account for this address has been set up already.",
		next:  "Sign in with your password or a code. If you have forgotten the password, you can set a new one.", link: "/signin", label: "Sign in"}},
	{errPending, refusal{status: 403, code: "not_activated", title: "Your password is not switched on yet",
		cause: "You have set a password here, but the link that we sent you has not been pressed.",
		next:  "Press the link in that email, within 30 minutes and in this browser. You can also sign in with a code.", link: "/signin", label: "Sign in with a code"}},
	{errSignIn, refusal{status: 401, code: "no_session", title: "Please sign in", cause: "You are not signed in.", next: "Sign in to go on.", link: "/signin", label: "Sign in"}},
	{errForm, refusal{status: 403, code: "bad_request", title: "Please do that once more",
		cause: "Your browser did not send back what this site gave it. That happens when a page was open for long, or when cookies are switched off.",
		next:  "Go back, load the page again and repeat what you did.", link: "/", label: "Start again"}},
	{errTooBig, refusal{status: 413, code: "too_big", title: "That is too big", cause: "More was sent than this page takes.",
		next: "Send less at once, or ask the person at the other end for another way."}},
	{errChanged, refusal{status: 409, code: "changed", title: "This file has been changed since it was sent",
		cause: "It is not the message that the sender sent, so it is not opened.",
		next:  "Press the button in the email instead. If that shows the same, please tell the sender."}},
	{errWrongFile, refusal{status: 400, code: "wrong_file", title: "This is not one of our messages",
		cause: "The file that you chose holds no secure message, or only a part of one.", upload: true,
		next: "Choose the file securedoc.html that came with the email."}},
	{errGone, refusal{status: 410, code: "gone", title: "Please open the attached file", upload: true,
		cause: "The link in the email works for a limited time, which is over. The message itself is still open.",
		next:  "The email also brought a file, which goes on working: open it, or choose it here."}},
	{errBroken, refusal{status: 500, code: "broken", title: "This message cannot be opened here",
		cause: "The copy that we keep is damaged.", upload: true,
		next: "Open the file that came with the email, or choose it here. If that does not help, ask the sender to send it again."}},
	{errPart, refusal{status: 404, code: "no_part", title: "There is no such attachment", cause: "The message has no attachment of this number, or it is damaged.",
		next: "Go back to the message and save the whole of it."}},
	{errNoReply, refusal{status: 403, code: "no_reply", title: "This sender cannot be answered here", cause: "The message came from an address that takes no answers.",
		next: "Please look in the message for another way to get in touch."}},
	{errPage, refusal{status: 404, code: "not_found", title: "There is no such page", plain: true, cause: "The address may have been typed wrongly or cut short.",
		next: "Press the button in the email, or start here.", link: "/", label: "Start"}},
	{relay.ErrUnknown, refusal{status: 502, code: "unknown", title: "We do not know whether your message arrived",
		cause: "The connection broke at the very end.", next: "Please ask the person you wrote to before you send it again."}},
	{relay.ErrPermanent, refusal{status: 502, code: "not_sent", title: "Your message could not be sent", cause: "The mail server of the person you wrote to refused it.",
		next: "Nothing has been sent. Please get in touch with them in another way."}},
	{errNotSent, refusal{status: 503, code: "unavailable", title: "Your message has not been sent", retry: 2 * time.Minute,
		cause: "The mail server does not take it just now.", next: "Go back, wait a few minutes and send it again. What you wrote is still there."}},
	{shelf.ErrFull, refusal{status: 503, code: "unavailable", title: "We cannot open files just now", retry: 10 * time.Minute,
		cause: "There is no room for the file at the moment.", next: "Try again in a few minutes. Opening the file with your own browser works meanwhile."}},
	{errBusy, refusal{status: 503, code: "unavailable", title: "We are very busy just now", retry: time.Minute,
		cause: "Many people are reading messages at this moment.", next: "Try again in a minute. Your message is not lost.", link: ".", label: "Try again"}},
	{store.ErrTooLong, refusal{status: 400, code: "too_big", title: "That is too long", cause: "One of the things that you typed is longer than this page takes.", next: "Go back and make it shorter."}},
}

// away is for everything else: Redis, a disk, or a mistake of ours.
var away = refusal{status: 503, code: "unavailable", title: "We cannot do this just now", retry: 2 * time.Minute,
	cause: "A part of this service does not answer at the moment.", next: "Try again in a few minutes. Your message is not lost.", link: ".", label: "Try again"}

// explain gives the words for an error, with times and names where they are known.
func (s *Server) explain(err error, now time.Time) refusal {
	what := away
	for _, row := range table {
		if errors.Is(err, row.err) {
			what = row.what
			break
		}
	}
	v := visit{s: s, now: now}
	var lock *store.LockedError
	if errors.As(err, &lock) && lock.Until.After(now) {
		what.retry = lock.Until.Sub(now)
		what.cause = "There were too many wrong tries for this address. It is closed until " + v.until(lock.Until) + "."
		what.next = "Try again after that."
	}
	var many *store.TooManyError
	if errors.As(err, &many) && many.Until.After(now) {
		what.retry = many.Until.Sub(now)
		what.next = "Use the newest of them, look in your junk or spam folder, or ask again after " + v.until(many.Until) + "."
	}
	var t told
	if errors.As(err, &t) && t.rec != nil {
		what = v.withMessage(what, t)
	}
	return what
}

// withMessage names times and people of the message.
func (v *visit) withMessage(what refusal, t told) refusal {
	rec := t.rec
	switch what.code {
	case "expired":
		what.cause = "It was open until " + v.when(rec.ExpiresAt) + "."
		what.next = "Ask " + senderName(*rec) + " to open it again or to send it once more."
	case "recalled":
		if st, ok := rec.Recipient(t.person); ok && !st.RecalledAt.IsZero() {
			what.cause = senderName(*rec) + " has withdrawn it (" + v.when(st.RecalledAt) + ")."
			what.quote = st.Reason
		}
		what.next = "If you expected it, please ask " + senderName(*rec) + "."
	case "not_recipient":
		what.mail = "mailto:" + url.PathEscape(rec.Sender.String()) + "?subject=" + url.PathEscape("A message that was not meant for me") +
			"&body=" + url.PathEscape("The email about your secure message of "+v.when(rec.SealedAt)+" has reached me, although it was sent to somebody else. I could not open it.")
		if !t.person.IsZero() {
			what.cause = "You are signed in as " + t.person.String() + ". " + what.cause
		}
	case "gone":
		if !rec.LinkUntil.IsZero() && rec.LinkUntil.Before(v.now) {
			what.cause = "The link in the email worked until " + v.when(rec.LinkUntil) + ". The message itself is open until " + v.when(rec.ExpiresAt) + "."
		} else {
			what.cause = "The message is not kept here, only in the email."
		}
	}
	return what
}

// refuse answers with the page of an error.
func (v *visit) refuse(err error) {
	switch {
	case errors.Is(err, errNoAddress): // the browser is new, or its visit was too long ago
		v.see("/signin")
		return
	case errors.Is(err, errSignIn):
		v.see("/signin")
		return
	}
	what := v.s.explain(err, v.now)
	v.s.note(what, err, v.r)
	if what.retry > 0 {
		v.w.Header().Set("Retry-After", strconv.Itoa(int(what.retry.Seconds())))
	}
	again := what.link == "." // an empty reference: the same bytes whatever the address
	data := map[string]any{"Cause": what.cause, "Next": what.next, "Link": what.link, "Label": what.label, "Again": again, "Quote": what.quote,
		"Switch": what.other, "Mail": what.mail, "Upload": what.upload}
	if showErr := v.showStatus(what.status, "refusal", what.title, data, !what.plain); showErr != nil {
		v.s.Log.Error("page not shown", "err", showErr)
		http.Error(v.w, what.title, what.status)
	}
}

// note counts a refusal and logs what is not the visitor's doing. Errors of
// store, shelf and relay repeat no secret and no word of a message; a mail
// server's own words may name an address, so only their numbers are kept.
func (s *Server) note(what refusal, err error, r *http.Request) {
	s.Metrics.refusals.WithLabelValues(what.code).Inc()
	var reply *relay.Reply
	if errors.As(err, &reply) {
		err = fmt.Errorf("relay: %d %s", reply.Code, reply.Enhanced)
	}
	if what.status >= 500 {
		s.Log.Error("request failed", "code", what.code, "route", r.Pattern, "err", err)
		return
	}
	s.Log.Info("request refused", "code", what.code, "route", r.Pattern)
}

// senderName names the sender in a sentence.
func senderName(rec store.Record) string {
	if rec.SenderName != "" {
		return rec.SenderName
	}
	return rec.Sender.String()
}
