package portal

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
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
	errDamaged   = errors.New("portal: file damaged on its way")
	errNewer     = errors.New("portal: file of a newer kind")
	errElse      = errors.New("portal: file of another organisation")
	errGone      = errors.New("portal: container not on the shelf")
	errLinkOver  = errors.New("portal: time of the link is up")
	errForGood   = errors.New("portal: expired and the key is gone")
	errBroken    = errors.New("portal: container does not open")
	errBusy      = errors.New("portal: too much at once")
	errNotSent   = errors.New("portal: reply not taken")
	errPage      = errors.New("portal: no such page")
	errPart      = errors.New("portal: no such attachment")
	errPending   = errors.New("portal: account not activated")
	errNoReply   = errors.New("portal: sender cannot be answered")
	errNotAmong  = errors.New("portal: not among the people of the message")
	errPartly    = errors.New("portal: reply taken for some people only")
	errUnderWay  = errors.New("portal: reply is being sent")
	errKept      = errors.New("portal: signed out while writing")
	errNoQuote   = errors.New("portal: message cannot be quoted")
)

// told is an error with what its words may name.
type told struct {
	error
	rec    *store.Record // the message; nil where nobody may know of it
	person addr.Address  // who is signed in
}

func (t told) Unwrap() error { return t.error }

// withLink is an error with the link of its message, where nobody is signed in yet.
type withLink struct {
	error
	link string
}

func (l withLink) Unwrap() error { return l.error }

// toldNow is told with the record as it stands now: where a message was taken back
// after rec was read, only the new one has its sender's reason (journey 5).
func (v *visit) toldNow(err error, rec store.Record, secret envelope.Secret, person addr.Address) error {
	if errors.Is(err, store.ErrRecalled) {
		if fresh, readErr := v.s.Store.Envelope(v.ctx(), rec.ID, secret); readErr == nil {
			rec = fresh
		}
	}
	return told{error: err, rec: &rec, person: person}
}

// saying is an error whose cause is known more exactly than its row of the table says.
type saying struct {
	error
	cause string
}

func (s saying) Unwrap() error { return s.error }

// refusal is what one error becomes: a page, and a line of the API.
type refusal struct {
	name   string // of its words: refusal.NAME.title and so on (words/lang/en/portal.txt)
	status int
	code   string // of the API, the log and the metric: a closed set
	link   string // where a button leads; "." is this very address
	retry  time.Duration
	other  bool // offer to sign in with another address
	upload bool // offer to hand in the attached file
	plain  bool // the same bytes for everybody: no cookie, no name

	// What follows is set by explain, in the visitor's language.
	title string
	cause string // why, with the time where there is one
	next  string // the one next step
	label string // of the button
	quote string // the sender's own words
	mail  string // address for "tell the sender"
	ask   string // where the button posts that asks the sender to open it again; empty: none
	renew string // where the button posts that lets the link work again; empty: none
	also  string // where somebody says that the message came to another address of hers; empty: none
}

// table is the one place that says what people are told. The first row whose
// error matches counts; what no row names is "unavailable", never a detail.
var table = []struct {
	err  error
	what refusal
}{
	{store.ErrNotFound, refusal{name: "not-here", status: 404, code: "not_found", plain: true, link: "."}},
	{store.ErrNotRecipient, refusal{name: "not-recipient", status: 403, code: "not_recipient", other: true}},
	{store.ErrDesk, refusal{name: "shared", status: 403, code: "shared_mailbox", other: true}},
	{store.ErrLastOwner, refusal{name: "last-owner", status: 409, code: "conflict", link: "/desk"}},
	{store.ErrExpired, refusal{name: "expired", status: 410, code: "expired"}},
	{store.ErrRecalled, refusal{name: "recalled", status: 410, code: "recalled"}},
	{store.ErrNotYet, refusal{name: "not-yet", status: 403, code: "not_yet", retry: time.Minute, link: "."}},
	{store.ErrMethod, refusal{name: "method", status: 403, code: "method", link: "/signin"}},
	{store.ErrLocked, refusal{name: "locked", status: 429, code: "locked", link: "/signin"}},
	{store.ErrTooMany, refusal{name: "too-many", status: 429, code: "too_many", retry: 10 * time.Minute}},
	{store.ErrCodeExpired, refusal{name: "code-expired", status: 403, code: "code_expired", link: "/signin"}},
	{store.ErrWrong, refusal{name: "wrong", status: 403, code: "wrong"}},
	{store.ErrNoSession, refusal{name: "no-session", status: 401, code: "no_session", link: "/"}},
	{store.ErrExists, refusal{name: "exists", status: 409, code: "exists", link: "/signin"}},
	{errPending, refusal{name: "pending", status: 403, code: "not_activated", link: "/signin"}},
	{errSignIn, refusal{name: "sign-in", status: 401, code: "no_session", link: "/signin"}},
	{errForm, refusal{name: "form", status: 403, code: "bad_request", link: "/"}},
	{errTooBig, refusal{name: "too-big", status: 413, code: "too_big"}},
	{errChanged, refusal{name: "changed", status: 409, code: "changed"}},
	{errWrongFile, refusal{name: "wrong-file", status: 400, code: "wrong_file", upload: true}},
	{errDamaged, refusal{name: "damaged", status: 400, code: "damaged", upload: true}},
	{errNewer, refusal{name: "newer", status: 400, code: "wrong_file"}},
	{errElse, refusal{name: "else", status: 400, code: "wrong_file", upload: true}},
	{errGone, refusal{name: "gone", status: 410, code: "gone", upload: true}},
	{errLinkOver, refusal{name: "gone", status: 410, code: "gone", upload: true}},
	{errForGood, refusal{name: "for-good", status: 410, code: "expired"}},
	{errBroken, refusal{name: "broken", status: 500, code: "broken", upload: true}},
	{errProvider, refusal{name: "provider", status: 503, code: "provider", retry: time.Minute, link: "/signin"}},
	{errAnswer, refusal{name: "provider-answer", status: 502, code: "provider", link: "/signin"}},
	{errReturn, refusal{name: "return", status: 403, code: "return", link: "/signin"}},
	{errSource, refusal{name: "source", status: 429, code: "too_many", retry: 10 * time.Minute, link: "/signin"}},
	{errSourceMails, refusal{name: "source-mails", status: 429, code: "too_many", retry: 10 * time.Minute}},
	{errUnverified, refusal{name: "unverified", status: 403, code: "not_vouched", link: "/signin"}},
	{errForeign, refusal{name: "foreign", status: 403, code: "not_vouched", link: "/signin"}},
	{errOther, refusal{name: "other-address", status: 403, code: "not_vouched", link: "/signin"}},
	{store.ErrBlocked, refusal{name: "blocked", status: 403, code: "blocked", link: "/messages"}},
	{store.ErrOtherPerson, refusal{name: "other-person", status: 403, code: "not_vouched", link: "/signin"}},
	{errPasskey, refusal{name: "passkey", status: 403, code: "passkey", link: "/signin"}},
	{store.ErrCopied, refusal{name: "passkey-copied", status: 403, code: "passkey", link: "/signin"}},
	{errPasskeyMade, refusal{name: "passkey-made", status: 400, code: "passkey", link: "/account"}},
	{errPart, refusal{name: "no-part", status: 404, code: "no_part"}},
	{errNoReply, refusal{name: "no-reply", status: 403, code: "no_reply"}},
	{errNotAmong, refusal{name: "not-among", status: 403, code: "not_among"}},
	{errPartly, refusal{name: "partly", status: 502, code: "partly", retry: 10 * time.Minute}},
	{errUnderWay, refusal{name: "under-way", status: 409, code: "under_way", retry: time.Minute}},
	{errKept, refusal{name: "kept", status: 401, code: "no_session", link: "/signin"}},
	{errRetype, refusal{name: "retype", status: 401, code: "no_session", link: "/signin"}},
	{errPage, refusal{name: "no-page", status: 404, code: "not_found", plain: true, link: "/"}},
	{relay.ErrUnknown, refusal{name: "unknown", status: 502, code: "unknown"}},
	{relay.ErrPermanent, refusal{name: "not-sent", status: 502, code: "not_sent"}},
	{errNotSent, refusal{name: "not-taken", status: 503, code: "unavailable", retry: 2 * time.Minute}},
	{shelf.ErrFull, refusal{name: "full", status: 503, code: "unavailable", retry: 10 * time.Minute}},
	{errBusy, refusal{name: "busy", status: 503, code: "unavailable", retry: time.Minute, link: "."}},
	{store.ErrTooLong, refusal{name: "too-long", status: 400, code: "too_big"}},
}

// away is for everything else: Redis, a disk, or a mistake of ours.
var away = refusal{name: "away", status: 503, code: "unavailable", retry: 2 * time.Minute, link: "."}

// explain gives the words for an error in the visitor's language, with times and
// names where they are known.
func (v *visit) explain(err error) refusal {
	what := away
	for _, row := range table {
		if errors.Is(err, row.err) {
			what = row.what
			break
		}
	}
	what.title, what.cause, what.next = what.say(v, "title"), what.say(v, "cause"), what.say(v, "next")
	if what.link != "" {
		what.label = what.say(v, "label")
	}
	var lock *store.LockedError
	if errors.As(err, &lock) && lock.Until.After(v.now) {
		what.retry = lock.Until.Sub(v.now)
		what.cause, what.next = what.say(v, "cause-until", "time", v.until(lock.Until)), what.say(v, "next-until")
	}
	var early *store.NotYetError
	if errors.As(err, &early) && early.Until.After(v.now) {
		what.retry = early.Until.Sub(v.now)
		what.cause, what.next = what.say(v, "cause-until", "time", v.until(early.Until)), what.say(v, "next-until", "time", v.until(early.Until))
	}
	var many *store.TooManyError
	if errors.As(err, &many) && many.Until.After(v.now) {
		what.retry = many.Until.Sub(v.now)
		what.next = what.say(v, "next-until", "time", v.until(many.Until))
	}
	var exact saying
	if errors.As(err, &exact) {
		what.cause = exact.cause
	}
	var named vouched
	if errors.As(err, &named) {
		what = v.withVouched(what, named)
	}
	var t told
	if errors.As(err, &t) && t.rec != nil {
		what = v.withMessage(what, t)
	}
	return what
}

// say gives one of a refusal's texts.
func (what refusal) say(v *visit, which string, values ...any) string {
	return v.t("refusal."+what.name+"."+which, values...)
}

// withMessage names times and people of the message.
func (v *visit) withMessage(what refusal, t told) refusal {
	rec := t.rec
	var to withLink
	switch what.name {
	case "expired":
		what.cause = what.say(v, "cause-when", "time", v.when(rec.ExpiresAt))
		what.next = what.say(v, "next-sender", "sender", senderName(*rec))
		switch st, ok := rec.Recipient(t.person); {
		case !rec.Destroyed.IsZero():
			what.next = v.t("refusal.for-good.next-sender", "sender", senderName(*rec))
		case ok && st.Status != store.Recalled:
			what.next, what.ask = what.say(v, "next-ask", "sender", senderName(*rec)), "/m/"+rec.ID.String()+"/ask"
		case errors.As(t.error, &to):
			what.next, what.link, what.label = what.say(v, "next-sign-in", "sender", senderName(*rec)), to.link, what.say(v, "sign-in")
		}
	case "for-good":
		what.next = what.say(v, "next-sender", "sender", senderName(*rec))
	case "recalled":
		if st, ok := rec.Recipient(t.person); ok && !st.RecalledAt.IsZero() {
			what.cause = what.say(v, "cause-when", "sender", senderName(*rec), "time", v.when(st.RecalledAt))
			what.quote = st.Reason
		}
		what.next = what.say(v, "next-sender", "sender", senderName(*rec))
	case "not-recipient":
		what.mail = "mailto:" + url.PathEscape(rec.Sender.String()) + "?subject=" + url.PathEscape(what.say(v, "mail-subject")) +
			"&body=" + url.PathEscape(what.say(v, "mail-text", "time", v.when(rec.SealedAt)))
		if !t.person.IsZero() {
			what.cause = what.say(v, "cause-as", "address", t.person)
			what.also = "/m/" + rec.ID.String() + "/elsewhere"
		}
	case "gone":
		if linkOver(*rec, v.now) {
			what.cause = what.say(v, "cause-when", "time", v.when(rec.LinkUntil), "end", v.when(rec.ExpiresAt))
			if errors.Is(t.error, errLinkOver) { // the ciphertext is still here
				what.next, what.renew = what.say(v, "next-renew"), "/m/"+rec.ID.String()+"/renew"
			}
		} else {
			what.cause = what.say(v, "cause-attached")
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
	what := v.explain(err)
	if about := (told{}); errors.As(err, &about) && about.rec != nil {
		v.under(*about.rec)
	}
	v.s.note(what, err, v.r)
	if errors.Is(err, store.ErrNotFound) {
		v.lookAgain()
	}
	if what.retry > 0 {
		v.w.Header().Set("Retry-After", strconv.Itoa(int(what.retry.Seconds())))
	}
	again := what.link == "." // an empty reference: the same bytes whatever the address
	data := map[string]any{"Cause": what.cause, "Next": what.next, "Link": what.link, "Label": what.label, "Again": again, "Quote": what.quote,
		"Switch": what.other, "Mail": what.mail, "Upload": what.upload, "Ask": what.ask, "Renew": what.renew, "Also": what.also}
	if kept := (retyped{}); errors.As(err, &kept) {
		data["Typed"] = kept.text
	}
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
