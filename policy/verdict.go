package policy

import "github.com/postseal/postseal/addr"

// Action is what a rule does. The zero value seals, so that a forgotten branch
// is safe.
type Action uint8

// The actions. TLS lets the message go as it is to a domain for which Postfix
// is proved to enforce TLS (Transaction.TLSEnforced); without the proof a
// Decision says Seal instead, with a Finding that tells so.
const (
	Seal Action = iota
	Pass
	TLS
	Refuse
)

// String gives the word of the rule file.
func (a Action) String() string {
	switch a {
	case Pass:
		return "pass"
	case TLS:
		return "tls"
	case Refuse:
		return "refuse"
	}
	return "seal"
}

// MarshalText gives String.
func (a Action) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// Finding says what a condition found and where, never the value itself.
type Finding struct {
	Rule  string `json:"rule"`  // rule name
	Where string `json:"where"` // "subject", "header Sensitivity", "attachment letter.docx"
	What  string `json:"what"`  // "tag [SECURE]", "near miss of [SECURE]", "label OFFICIAL-SENSITIVE"

	note string // words for the sender, when the message is sealed for this
}

// String gives "tag [SECURE] in the subject" like words for a reason line.
func (f Finding) String() string {
	if f.Where == "" {
		return f.What
	}
	return f.What + " (" + f.Where + ")"
}

// Decision is the verdict for one recipient.
type Decision struct {
	Recipient addr.Address
	Deliver   addr.Address // where it goes: Recipient, or without the secure suffix
	Inside    bool
	Action    Action // Seal, Pass, TLS or Refuse
	Rule      string // empty when nothing matched
	Profile   string // name of a profile of the file; "default" when none is named
	Findings  []Finding
	Refusal   string // words for the sender when Action is Refuse
}

// Verdict is the answer for a whole message. Any refusal refuses the whole
// message.
type Verdict struct {
	Outbound   bool       // false: nobody outside is addressed, nothing to decide
	Observe    bool       // mode: observe. The caller logs the verdict and changes nothing.
	Recipients []Decision // in the order of Transaction.Recipients
	Shown      Sender     // who the notification and the record name as sender
	Notes      []string   // words for the sender, e.g. about a near miss
	Marked     bool       // a tag, flag or label asked for sealing
}

// Refused gives the first refusing decision.
func (v Verdict) Refused() (Decision, bool) {
	for _, d := range v.Recipients {
		if d.Action == Refuse {
			return d, true
		}
	}
	return Decision{}, false
}

// Sender is the sender shown (design: "The sender shown").
type Sender struct {
	Name     string       // display name, only when the address is proved
	Address  addr.Address // the header From when proved, else the envelope sender or login
	OnBehalf string       // header From in words when it is not proved: "A on behalf of B"
}
