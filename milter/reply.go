package milter

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/postseal/postseal/policy"
	"github.com/postseal/postseal/postfix"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/store"
)

// This file is the only place with words for the SMTP client. Each says what
// happened, why, and what to do next; none repeats anything of the message.

// Reply is one SMTP reply of a milter at end of message.
type Reply struct {
	Code     int    // 451, 550, ...; 0 stands for 451
	Enhanced string // RFC 3463
	Text     string
}

// maxReply keeps the whole reply inside one line of RFC 5321 section 4.5.3.1.5
// (512 octets), with room for what Postfix puts in front in its log.
const maxReply = 450

// line gives enhanced code and text on one line of printable ASCII.
func (r Reply) line() string {
	text := strings.Map(func(c rune) rune {
		switch {
		case c == '\r' || c == '\n' || c == '\t':
			return ' '
		case c < ' ' || c > '~':
			return '?'
		}
		return c
	}, r.Text)
	line := r.Enhanced + " " + strings.Join(strings.Fields(text), " ")
	if len(line) > maxReply {
		line = line[:maxReply-3] + "..."
	}
	return line
}

// orLater makes the zero Reply a 451.
func (r Reply) orLater() Reply {
	if r.Code < 400 || r.Code > 599 || r.Enhanced == "" {
		return later("4.3.0", "The message was not sent.")
	}
	return r
}

// again is the next step after every 4xx.
const again = " Mail systems try again by themselves; otherwise please send it again in a few minutes."

func later(enhanced, text string) Reply {
	return Reply{Code: 451, Enhanced: enhanced, Text: text + again}
}

// answer is one row of the table: the first whose error fits gives the reply.
// Cause is the metric's label.
type answer struct {
	err   error
	cause string
	reply Reply
}

var answers = []answer{
	{errPanic, "panic", later("4.3.0", "Not sent: the secure mail service met a defect while it read the message. Its operators have been told.")},
	{errBusy, "busy", later("4.3.2", "Not sent yet: the secure mail service has too many messages in hand.")},
	{errProtocol, "protocol", later("4.3.0", "Not sent: the mail server handed the message over in a form that cannot be judged.")},
	{errAddress, "address", Reply{550, "5.1.3", "Not sent: an address of this message cannot be read. Please check the sender's and the recipients' addresses and send it again."}},
	{errNames, "address", Reply{550, "5.1.3", "Not sent: the message must be protected for one recipient and goes to others as it is, and an address is written in a way that the mail server may confuse. Please write plain addresses, such as name@firm.example, or send one message to each."}},
	{errFields, "limit", Reply{552, "5.3.4", "Not sent: the message has more header lines than the secure mail service reads. Please write it anew instead of forwarding it."}},
	{errHeader, "limit", Reply{552, "5.3.4", "Not sent: the header of the message is bigger than the secure mail service reads. Please write it anew, with fewer recipients in To and Cc."}},
	{errBody, "limit", Reply{552, "5.3.4", "Not sent: the message is bigger than the secure mail service reads. Please send smaller attachments, or several messages."}},
	{errRecipients, "limit", Reply{452, "4.5.3", "Not sent: the message has too many recipients at once. Please send it to fewer people at a time."}},
	{errExpanded, "limit", Reply{452, "4.5.3", "Not sent: the recipients' lists lead to too many people at once. Please send it to fewer lists at a time."}},
	{errCopies, "copies", later("4.7.1", "Not sent: this message must be protected, but the mail server is set up to send a copy of it elsewhere. Its administrators need to change that.")},
	{store.ErrRecalled, "recalled", Reply{550, "5.7.1", "Not sent: this very message was taken back by its sender. Please write a new one."}},
	{store.ErrExpired, "recalled", Reply{550, "5.7.1", "Not sent: this very message was sent before and has expired since. Please write a new one."}},
	{store.ErrTooLong, "limit", Reply{552, "5.3.4", "Not sent: the message must be protected, and it has more recipients or a longer header than can be recorded. Please send it to fewer people at a time."}},
	{postfix.ErrUnknowable, "destinations", later("4.3.5", "Not sent: a recipient is a list whose members cannot be found out, so nobody can say whether the message must be protected. The mail server's administrators need to look at it.")},
	{postfix.ErrUnavailable, "destinations", later("4.3.0", "Not sent: the mail server's address lists do not answer at the moment.")},
	{store.ErrConflict, "conflict", later("4.7.1", "An earlier try of this message is still in hand.")},
	{store.ErrVolatile, "volatile", later("4.7.1", "Not sent: this message must be protected, and the key store is not set up to keep keys safely. Its operators have been told.")},
	{store.ErrUnavailable, "redis", later("4.7.1", "Not sent: this message must be protected, and the key store does not answer at the moment.")},
	{relay.ErrUnknown, "relay", later("4.4.2", "Not sent for certain: the connection for the protected message was cut.")},
	{relay.ErrTemporary, "relay", later("4.4.1", "Not sent: this message must be protected, and the protected form could not be handed over at the moment.")},
	{relay.ErrPermanent, "relay", later("4.3.5", "Not sent: this message must be protected, and the mail server did not take the protected form. Its administrators have been told.")},
	{relay.ErrClear, "relay", later("4.3.5", "Not sent: this message must be protected, and the protected form was not recognised. Its operators have been told.")},
	{context.DeadlineExceeded, "deadline", later("4.3.2", "Not sent: it took too long to read the message.")},
	{errDeadline, "deadline", later("4.3.2", "Not sent: it took too long to read the message.")},
	{errSpool, "spool", later("4.3.1", "Not sent: the secure mail service has no room to work at the moment.")},
}

// other is the answer to what the table does not name.
var other = answer{nil, "other", later("4.3.0", "Not sent: the secure mail service could not deal with the message at the moment.")}

func answerTo(err error) answer {
	for _, a := range answers {
		if errors.Is(err, a.err) {
			return a
		}
	}
	return other
}

// causeOf gives the metric's label; "none" without an error.
func causeOf(err error) string {
	var r *refusedError
	switch {
	case err == nil:
		return "none"
	case errors.As(err, &r):
		return "policy"
	case errors.Is(err, errNoSize):
		return "limit"
	}
	return answerTo(err).cause
}

// replyTo turns an error into the words for the client.
func replyTo(err error) Reply {
	var r *refusedError
	if errors.As(err, &r) {
		return Reply{550, "5.7.1", "Not sent to anybody, because of the recipient " + r.recipient + ": " + r.words}
	}
	var size *sizeError
	if errors.As(err, &size) {
		return Reply{552, "5.3.4", fmt.Sprintf("Not sent: the message must be protected, and in its protected form it has %s, more than the %s that the mail server takes. Please send smaller attachments, or several messages.",
			megabytes(size.size), megabytes(size.limit))}
	}
	if reply, ok := refusedByPostfix(err); ok {
		return reply
	}
	return answerTo(err).reply
}

// refusedByPostfix passes on a refusal that no later try can change: the size, or
// an address or character set that the server does not take (RFC 3463 section
// 3.2, 3.4, 3.7). Any other permanent refusal of our own port is a fault of the
// set-up: the message waits until that is mended.
func refusedByPostfix(err error) (Reply, bool) {
	var r *relay.Reply
	if !errors.Is(err, relay.ErrPermanent) || !errors.As(err, &r) || r.Code < 500 || r.Code > 599 {
		return Reply{}, false
	}
	words := ": " + r.Text
	switch {
	case r.Code == 552, strings.HasSuffix(r.Enhanced, ".3.4"):
		return Reply{552, "5.3.4", "Not sent: the message must be protected, and its protected form is too big for the mail server. Please send smaller attachments, or several messages. The server said" + words}, true
	case strings.HasPrefix(r.Enhanced, "5.1."), strings.HasPrefix(r.Enhanced, "5.6."):
		return Reply{550, r.Enhanced, "Not sent: the message must be protected, and the mail server does not take an address of it. Please check the addresses. The server said" + words}, true
	}
	return Reply{}, false
}

// refusedError says that a rule refuses the message.
type refusedError struct{ recipient, words string }

func (e *refusedError) Error() string { return "milter: refused by a rule" }

// refusal names the recipient as the sender wrote her: a member of a list is
// nobody's business.
func refusal(m *Mail, r reach, d policy.Decision) error {
	e := &refusedError{recipient: d.Recipient.String(), words: d.Refusal}
	if e.words == "" {
		e.words = "a rule of this organisation does not allow it. Please ask your service desk."
	}
	for i, rcpt := range m.Recipients {
		for _, place := range r.of[i] {
			if r.judged[place].Equal(d.Recipient) {
				e.recipient = rcpt.Given
				if rcpt.Address.Equal(d.Recipient) {
					return e
				}
			}
		}
	}
	return e
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/(1<<20)) }
