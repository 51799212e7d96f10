package policy

import (
	"time"

	"github.com/postseal/postseal/addr"
)

// File is the policy part of the configuration file: organisation, senders,
// rules and profiles (design: "Policy"). Package config reads it as a part of
// the whole file; Parse reads it alone. A File is not changed after it was read
// and may be used by many goroutines.
type File struct {
	Mode         Mode               `yaml:"mode"`          // enforce (default) or observe
	Organisation Organisation       `yaml:"organisation"`  // who we are; domains must be given
	Outbound     Outbound           `yaml:"outbound"`      // who may send to the outside without signing in
	Senders      Senders            `yaml:"senders"`       // who may use the service, who may write as whom
	SecureSuffix string             `yaml:"secure_suffix"` // "secure.example": name@firm.example.secure.example is sealed for name@firm.example; empty: none
	Labels       Labels             `yaml:"labels"`        // where labels stand beside the usual header fields
	Lists        map[string]List    `yaml:"lists"`         // named lists of addresses and domains, for {list: NAME}
	Rules        []Rule             `yaml:"rules"`         // first match decides for each recipient; none matches: pass
	Profiles     map[string]Profile `yaml:"profiles"`      // how a sealed message behaves; "default" fills what others leave out
}

// Mode says whether the verdict is carried out.
type Mode string

// The modes. The empty Mode enforces.
const (
	Enforce Mode = "enforce"
	Observe Mode = "observe"
)

// Organisation says who we are.
type Organisation struct {
	Name    string   `yaml:"name"`    // as people know it: "Borough of Example"
	Domains []string `yaml:"domains"` // our mail domains; "*.example.gov.uk" covers what is below

	Partners Patterns `yaml:"partners"` // outsiders to whom other outsiders may write too

	Languages []string `yaml:"languages"` // of pages and mails, ours first: [en, cy]; empty: English
	Bilingual bool     `yaml:"bilingual"` // mails that nobody asked for in one language are written in all of them
}

// Outbound says which clients may send to outside recipients without signing in.
type Outbound struct {
	Networks []Network `yaml:"networks"` // addresses of our own mail servers and machines
	Tenants  []Tenant  `yaml:"tenants"`  // our part of a cloud mail service
}

// Tenant is our part of a cloud mail service whose addresses others share: all
// three of networks, certificate and header must fit.
type Tenant struct {
	Name        string       `yaml:"name"`        // for messages about it
	Networks    []Network    `yaml:"networks"`    // addresses the service sends from
	Certificate string       `yaml:"certificate"` // name (CN) in its verified client certificate
	Header      TenantHeader `yaml:"header"`      // what the service writes for us only
}

// TenantHeader is a header field that must stand in a message exactly once.
type TenantHeader struct {
	Name  string `yaml:"name"`  // X-MS-Exchange-CrossTenant-Id
	Value string `yaml:"value"` // compared without regard to case
}

// Senders limits who may use the service, and proves who wrote.
type Senders struct {
	Only    Patterns `yaml:"only"`    // people and domains the service is switched on for; empty: all of ours
	Refusal string   `yaml:"refusal"` // words for anyone else who marks a message; must tell how to get it
	SendAs  []SendAs `yaml:"send_as"` // who may write in another's name
	Enable  bool     `yaml:"enable"`  // true: people of ours switch the service on for themselves (page /enable); only then names those who need not
}

// SendAs lets a login or envelope sender write in the name of others.
type SendAs struct {
	Who []string `yaml:"who"` // login names or sender addresses
	As  Patterns `yaml:"as"`  // addresses and domains of ours that may stand in From
}

// Labels says where labels stand beside the usual header fields.
type Labels struct {
	Headers []string          `yaml:"headers"` // further header fields that hold a label
	GUIDs   map[string]string `yaml:"guids"`   // label id of Microsoft Purview: the label's name
}

// Rule is one line of the rule file. All that it states must hold.
type Rule struct {
	Name    string     `yaml:"name"`    // shown to the sender as the reason
	To      Patterns   `yaml:"to"`      // recipients it is for; empty: all outside ones
	From    Patterns   `yaml:"from"`    // senders it is for; empty: all
	If      Conditions `yaml:"if"`      // conditions, all of which must hold; empty: always
	Do      Do         `yaml:"do"`      // seal, pass, tls, or {refuse: words for the sender}
	Profile string     `yaml:"profile"` // name of a profile, for seal; empty: default
}

// Profile says how a sealed message behaves. Zero fields stand for those of the
// profile "default", and there for the values given here.
type Profile struct {
	Expires    Duration        `yaml:"expires"`          // until when it opens: 90d
	Link       Duration        `yaml:"link"`             // how long the link opens: 14d
	SignIn     []string        `yaml:"sign_in"`          // code, password, oidc, passkey: all of them
	Reply      string          `yaml:"reply"`            // whom of the message's people the reader may answer: sender, domains (ours and partners) or all: sender
	Form       string          `yaml:"form"`             // classic or passive page: classic
	AttachUpTo Size            `yaml:"attach_up_to"`     // above this size the mail carries the link only: 10MB
	AttachFor  map[string]Most `yaml:"attach_up_to_for"` // the same for recipients of a domain; 0B: link only
	Subject    string          `yaml:"subject"`          // of the notification: keep or hide: keep
	Marking    string          `yaml:"marking"`          // word that the notification's subject begins with: OFFICIAL-SENSITIVE
	Banner     string          `yaml:"banner"`           // sentence above the message; empty: none

	Organisation string `yaml:"organisation"` // name that recipients see instead of organisation.name, such as a department's; empty: that one
	SenderName   string `yaml:"sender_name"`  // name shown for the sender instead of her own, the address stays; empty: her own

	UndoWindow     Lead `yaml:"undo_window"`     // how long after sending nobody can open it, so that a recall is in time: off
	RemindUnopened Lead `yaml:"remind_unopened"` // when the sender is told that somebody has not opened it: 3d
	RemindExpiring Lead `yaml:"remind_expiring"` // how long before its end the sender is told that nobody has opened it: 7d
}

// DefaultProfile is the name of the profile of a message whose rule names none.
const DefaultProfile = "default"

// Defaults of a profile.
const (
	DefaultExpires    = Duration(90 * 24 * time.Hour)
	DefaultLink       = Duration(14 * 24 * time.Hour)
	DefaultAttachUpTo = Size(10 << 20)
)

// Profile gives the named profile with everything filled in; for a name that
// the file does not hold, the default one.
func (f *File) Profile(name string) Profile {
	p := f.Profiles[name].over(f.Profiles[DefaultProfile])
	return p.over(Profile{Expires: DefaultExpires, Link: DefaultLink,
		SignIn: []string{"code", "password", "oidc", "passkey"}, Reply: "sender", Form: "classic",
		AttachUpTo: DefaultAttachUpTo, Subject: "keep",
		RemindUnopened: LeadOf(DefaultRemindUnopened), RemindExpiring: LeadOf(DefaultRemindExpiring)})
}

// AttachLimit is the size up to which a mail to these people carries its file: the
// smallest of theirs, since all of them get the same mail.
func (p Profile) AttachLimit(to []addr.Address) Size {
	limit, known := p.AttachUpTo, false
	for _, a := range to {
		own := p.AttachUpTo
		if most, ok := p.AttachFor[a.DomainKey()]; ok {
			own = Size(most)
		}
		if !known || own < limit {
			limit, known = own, true
		}
	}
	return limit
}

// over fills the zero fields of p from base.
func (p Profile) over(base Profile) Profile {
	p.Expires = or(p.Expires, base.Expires)
	p.Link = or(p.Link, base.Link)
	p.Reply = or(p.Reply, base.Reply)
	p.Form = or(p.Form, base.Form)
	p.AttachUpTo = or(p.AttachUpTo, base.AttachUpTo)
	if p.AttachFor == nil {
		p.AttachFor = base.AttachFor
	}
	p.Subject = or(p.Subject, base.Subject)
	p.Marking = or(p.Marking, base.Marking)
	p.Banner = or(p.Banner, base.Banner)
	p.Organisation = or(p.Organisation, base.Organisation)
	p.SenderName = or(p.SenderName, base.SenderName)
	p.UndoWindow = or(p.UndoWindow, base.UndoWindow)
	p.RemindUnopened = or(p.RemindUnopened, base.RemindUnopened)
	p.RemindExpiring = or(p.RemindExpiring, base.RemindExpiring)
	if len(p.SignIn) == 0 {
		p.SignIn = base.SignIn
	}
	return p
}

func or[T comparable](a, b T) T {
	var zero T
	if a == zero {
		return b
	}
	return a
}
