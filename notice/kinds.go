package notice

import (
	"html/template"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/words"
)

// Kind names a notice; the set is closed and each kind has one data type.
type Kind string

const (
	// Message tells a recipient that a message waits and carries securedoc.html: MessageData.
	Message Kind = "message"
	// Confirmation tells staff that a message was sealed and queued: ConfirmationData (BOP-5).
	Confirmation Kind = "confirmation"
	// Code carries a one-time code: CodeData (SCC-8).
	Code Kind = "code"
	// Activation carries the link that makes an account, or says that there is one: ActivationData (BCC-5).
	Activation Kind = "activation"
	// Reset carries the link that sets a new password: ResetData (BCC-26, BOP-15).
	Reset Kind = "reset"
	// Reply hands staff what an outsider wrote: ReplyData (BCC-22).
	Reply Kind = "reply"
	// Bounce tells staff that a sealed message did not arrive: BounceData.
	Bounce Kind = "bounce"
	// PlainReply hands staff an ordinary, unprotected answer to one of our mails: PlainReplyData.
	PlainReply Kind = "plain-reply"
	// PlainReplyTold tells the writer of such an answer, once, that it was not protected: PlainReplyToldData.
	PlainReplyTold Kind = "plain-reply-told"
	// Rescue carries the link to a recorded recipient for whom somebody asked at the rescue address: RescueData (BOP-20).
	Rescue Kind = "rescue"
	// RescueTold tells somebody else who asked there where the link went, without saying whether there was one: RescueToldData.
	RescueTold Kind = "rescue-told"
	// Asked tells staff that somebody asks for more time, or to read a message too: AskedData.
	Asked Kind = "asked"
	// AskAnswered tells who asked that the sender has said yes: AskAnsweredData.
	AskAnswered Kind = "ask-answered"
	// Reminder tells staff, once, that a message was not opened yet, or closes soon unopened: ReminderData.
	Reminder Kind = "reminder"
)

// Brand is what an organisation sets. Organisation, Service, ServiceDomain and
// PortalURL must be set; everything else may be empty and then leaves no trace.
type Brand struct {
	Organisation  string       // name that speaks to people
	Service       addr.Address // From of everything that is not a person's: "secure@example.gov.uk"
	ServiceDomain string       // "secure.example.gov.uk" of b+ID@ and reply+ID@
	PortalURL     string       // "https://secure.example.gov.uk", no final slash
	Colour        string       // "#rrggbb"; empty or anything else: DefaultColour
	Logo          Picture      // of pages and securedoc.html; mails have none, since programs hide pictures
	HelpURL       string       // "More about secure messages" (BOP-26, CYC-7)
	PrivacyURL    string
	Address       string // postal address, lines separated by \n
	Disclaimer    string // legal text at the foot
	Explanation   string // the organisation's own words on why it sends messages so (SCC-4)

	Languages []string         // tags of package words that people may choose from, the organisation's own first; empty: English
	Bilingual bool             // notices that nobody asked for in one language are written in all of them, in this order
	Local     map[string]Local // by tag: what differs in a language
}

// Local is what an organisation says otherwise in one language; what is empty
// stays as in the Brand.
type Local struct {
	Organisation, HelpURL, PrivacyURL, Address, Disclaimer, Explanation string
}

// In gives the brand as it is in one language.
func (b Brand) In(tag string) Brand {
	l := b.Local[tag]
	for _, f := range []struct {
		to   *string
		text string
	}{{&b.Organisation, l.Organisation}, {&b.HelpURL, l.HelpURL}, {&b.PrivacyURL, l.PrivacyURL}, {&b.Address, l.Address},
		{&b.Disclaimer, l.Disclaimer}, {&b.Explanation, l.Explanation}} {
		if f.text != "" {
			*f.to = f.text
		}
	}
	return b
}

// Tags gives the languages, the organisation's own first; at least one, each known.
func (b Brand) Tags() []string {
	var out []string
	for _, tag := range b.Languages {
		if words.Known(tag) {
			out = append(out, tag)
		}
	}
	if len(out) == 0 {
		return []string{words.Default}
	}
	return out
}

// MessageData is the data of Message. All recipients of one mail see the same text.
type MessageData struct {
	SenderLine string    `json:"sender_line"`    // "Jane Doe (jane@example.gov.uk)"; built by SenderLine
	Subject    string    `json:"subject"`        // subject that may show; empty: "Message from <organisation>"
	Link       string    `json:"link"`           // where the button leads; empty: no link, attachment only
	LinkUntil  time.Time `json:"link_until"`     // zero: no end stated
	Expires    time.Time `json:"expires"`        // zero: not stated
	Marking    string    `json:"marking"`        // "OFFICIAL-SENSITIVE: ..."; put in front of the subject once (SCC-2)
	Attachment bool      `json:"attachment"`     // securedoc.html is attached
	Lang       string    `json:"lang,omitempty"` // the reader's language; empty: as the organisation writes

	Organisation string `json:"organisation,omitempty"` // the profile's name for it; empty: the brand's
}

// CodeData is the data of Code.
type CodeData struct {
	Code      string    `json:"code"`      // 8 digits
	Reference string    `json:"reference"` // letters that the page shows too
	AskedAt   time.Time `json:"asked_at"`
	Minutes   int       `json:"minutes"`        // lifetime counted from AskedAt; 0: 15
	Lang      string    `json:"lang,omitempty"` // the reader's language; empty: as the organisation writes
}

// ActivationData is the data of Activation.
type ActivationData struct {
	Link    string    `json:"link"`
	AskedAt time.Time `json:"asked_at"`
	Minutes int       `json:"minutes"`        // lifetime counted from the sending; 0: 30
	Known   bool      `json:"known"`          // the address has an account: offers to sign in, Link is not used
	Lang    string    `json:"lang,omitempty"` // the reader's language; empty: as the organisation writes
}

// ResetData is the data of Reset.
type ResetData struct {
	Link    string    `json:"link"`
	AskedAt time.Time `json:"asked_at"`
	Minutes int       `json:"minutes"`        // lifetime counted from the sending; 0: 30
	First   bool      `json:"first"`          // the address has no account: Link leads to setting a first password, and does not end
	Lang    string    `json:"lang,omitempty"` // the reader's language; empty: as the organisation writes
}

// ConfirmationData is the data of Confirmation. No field may hold a matched value.
type ConfirmationData struct {
	Subject    string    `json:"subject"`
	Recipients []string  `json:"recipients"` // sealed for
	Reasons    []string  `json:"reasons"`    // "the subject has the tag [SECURE]"
	Notes      []string  `json:"notes"`      // near misses: "you wrote [SECRUE]; we treated it as [SECURE]"
	Clear      []string  `json:"clear"`      // recipients who got it as ordinary mail
	SealedAt   time.Time `json:"sealed_at"`
	Expires    time.Time `json:"expires"`
	TakeBack   string    `json:"take_back"` // address of the page that recalls; empty: <portal>/sent/<EnvelopeID>
	EnvelopeID string    `json:"envelope_id"`
	OriginalID string    `json:"original_id"`    // Message-ID of the original, for threading; may be empty
	ReadyAt    time.Time `json:"ready_at"`       // before it nobody can read the message; zero: from the first
	Lang       string    `json:"lang,omitempty"` // the reader's language; empty: as the organisation writes
}

// ReplyData is the data of Reply. Attachments do not travel through JSON: an
// outsider's reply is sent at once, never queued by us.
type ReplyData struct {
	FromName    string       `json:"from_name"`
	From        addr.Address `json:"from"`
	Subject     string       `json:"subject"` // as typed or "Re: ..."; Tag is put in front once
	Tag         string       `json:"tag"`     // "[SECURE]": must make an answer be sealed
	Text        string       `json:"text"`
	EnvelopeID  string       `json:"envelope_id"` // of reply+ID@; empty: the service address is From
	InReplyTo   string       `json:"in_reply_to"` // Message-ID of what is answered
	References  string       `json:"references"`
	SentAt      time.Time    `json:"sent_at"`
	Attachments []Attachment `json:"-"`

	Look Look `json:"-"` // of Text; zero: it is shown as it stands
}

// Look is a text as HTML. Only Harmless makes one.
type Look struct{ html template.HTML }

// Harmless takes HTML whose every element, attribute and style the caller has
// written itself, with what others typed as escaped text in it.
func Harmless(html template.HTML) Look { return Look{html} }

// HTML gives it to a template.
func (l Look) HTML() template.HTML { return l.html }

// BounceData is the data of Bounce.
type BounceData struct {
	Subject    string    `json:"subject"`
	Recipients []string  `json:"recipients"`
	Diagnostic string    `json:"diagnostic"` // what the other mail system said; shown as its words, below what Failure makes of it
	SentAt     time.Time `json:"sent_at"`
	EnvelopeID string    `json:"envelope_id"`
	OriginalID string    `json:"original_id"`
	Delayed    bool      `json:"delayed"`        // not given up yet
	Unclear    bool      `json:"unclear"`        // the other mail system did not say which of the recipients
	Opened     bool      `json:"opened"`         // one of them has opened it all the same
	Lang       string    `json:"lang,omitempty"` // the reader's language; empty: as the organisation writes
}

// PlainReplyData is the data of PlainReply.
type PlainReplyData struct {
	FromName   string       `json:"from_name"`
	From       addr.Address `json:"from"`
	Subject    string       `json:"subject"`
	Text       string       `json:"text"`
	InReplyTo  string       `json:"in_reply_to"`
	EnvelopeID string       `json:"envelope_id"`
	Cut        bool         `json:"cut"`            // Text is only the beginning
	LeftOut    []string     `json:"left_out"`       // names of attachments that were not passed on
	Untold     bool         `json:"untold"`         // the writer is not told how to answer securely
	Lang       string       `json:"lang,omitempty"` // the reader's language; empty: as the organisation writes
	// Attachments of the answer, passed on as they came.
	Attachments []Attachment `json:"-"`
}

// PlainReplyToldData is the data of PlainReplyTold.
type PlainReplyToldData struct {
	Subject   string `json:"subject"`
	InReplyTo string `json:"in_reply_to"`
	Lang      string `json:"lang,omitempty"` // the reader's language; empty: as the organisation writes
}

// RescueData is the data of Rescue. It names no subject: the mail leaves in clear.
type RescueData struct {
	SenderLine string    `json:"sender_line"` // built by SenderLine
	SentAt     time.Time `json:"sent_at"`
	Link       string    `json:"link"`           // empty: the ciphertext is not there; asks for the whole mail
	Rescue     string    `json:"rescue"`         // the rescue address
	Lang       string    `json:"lang,omitempty"` // the reader's language; empty: as the organisation writes
}

// RescueToldData is the data of RescueTold.
type RescueToldData struct {
	InReplyTo string `json:"in_reply_to"`
	Lang      string `json:"lang,omitempty"` // the reader's language; empty: as the organisation writes
}

// AskedData is the data of Asked.
type AskedData struct {
	LetIn   bool      `json:"let_in"` // to read the message too; else: to open it again
	From    string    `json:"from"`   // who asks
	As      string    `json:"as"`     // the recipient's address that is hers too; with LetIn
	Subject string    `json:"subject"`
	SentAt  time.Time `json:"sent_at"`
	Closed  time.Time `json:"closed"`         // when the message closed, without LetIn
	Page    string    `json:"page"`           // where it is answered
	Lang    string    `json:"lang,omitempty"` // the reader's language; empty: as the organisation writes
}

// AskAnsweredData is the data of AskAnswered. It names no subject: the mail leaves in clear.
type AskAnsweredData struct {
	LetIn  bool      `json:"let_in"`
	Sender string    `json:"sender"`
	SentAt time.Time `json:"sent_at"`
	Until  time.Time `json:"until"`          // how long it can be read
	Lang   string    `json:"lang,omitempty"` // the reader's language; empty: as the organisation writes
}

// Known tells whether k is one of the kinds above.
func (k Kind) Known() bool {
	switch k {
	case Message, Confirmation, Code, Activation, Reset, Reply, Bounce, PlainReply, PlainReplyTold, Rescue, RescueTold,
		Reminder, Enable, Desk, DeskMember, Colleague, Join, JoinTold, AccountChanged,
		Asked, AskAnswered, TakenBack:
		return true
	}
	return false
}
