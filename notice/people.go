package notice

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Notices about people: switching on, shared mailboxes, inviting, joining.
const (
	// Enable tells staff how to switch secure mail on: EnableData (CYC-5).
	Enable Kind = "enable"
	// Desk tells a shared mailbox that it becomes one: DeskData (BOP-23).
	Desk Kind = "desk"
	// DeskMember tells somebody that she was put on the list of one: DeskMemberData.
	DeskMember Kind = "desk-member"
	// Colleague invites somebody: ColleagueData (CJSM-10).
	Colleague Kind = "colleague"
	// Join tells who applied how it stands: JoinData (CJSM-9).
	Join Kind = "join"
	// JoinTold tells the operators of a request: JoinToldData (SCC-18).
	JoinTold Kind = "join-told"
)

// EnableData is the data of Enable.
type EnableData struct {
	Page    string    `json:"page"`
	AskedAt time.Time `json:"asked_at"`
	Known   bool      `json:"known"`          // the address has a password
	On      bool      `json:"on"`             // it is switched on already
	Tag     string    `json:"tag"`            // that marks a message, with its brackets
	Lang    string    `json:"lang,omitempty"` // the reader's language; empty: as the organisation writes
}

// DeskData is the data of Desk.
type DeskData struct {
	People []string  `json:"people"` // who asked for it
	Begun  bool      `json:"begun"`  // a second person has still to confirm
	From   time.Time `json:"from"`   // when it begins; zero: now
	Page   string    `json:"page"`   // where it can be stopped
}

// DeskMemberData is the data of DeskMember.
type DeskMemberData struct {
	Desk  string `json:"desk"`
	By    string `json:"by"`    // who put her on the list
	Owner bool   `json:"owner"` // she may change the list too
	Page  string `json:"page"`
}

// ColleagueData is the data of Colleague. Nothing that the member typed beside the
// address is in it, so that nobody sends his own words in our name.
type ColleagueData struct {
	Name  string `json:"name"` // of the member; empty: her address
	From  string `json:"from"` // her address
	Staff bool   `json:"staff"`
	Page  string `json:"page"`
	Lang  string `json:"lang,omitempty"` // the reader's language; empty: as the organisation writes
}

// JoinData is the data of Join.
type JoinData struct {
	Number string    `json:"number"`
	State  string    `json:"state"` // empty: received; checking, approved or declined
	Due    time.Time `json:"due"`   // zero: not promised
	Answer string    `json:"answer"`
	Page   string    `json:"page"`
	Lang   string    `json:"lang,omitempty"` // the reader's language; empty: as the organisation writes
}

// JoinToldData is the data of JoinTold.
type JoinToldData struct {
	Number       string    `json:"number"`
	Organisation string    `json:"organisation"`
	Facts        []string  `json:"facts"` // what was typed, a line each
	Due          time.Time `json:"due"`
}

func (d *EnableData) language() string    { return d.Lang }
func (d *ColleagueData) language() string { return d.Lang }
func (d *JoinData) language() string      { return d.Lang }
func (*DeskData) language() string        { return "" } // several people read it
func (*DeskMemberData) language() string  { return "" }
func (*JoinToldData) language() string    { return "" }

func (*EnableData) address(*Notices, *Mail)     {}
func (*DeskData) address(*Notices, *Mail)       {}
func (*DeskMemberData) address(*Notices, *Mail) {}
func (*ColleagueData) address(*Notices, *Mail)  {}
func (*JoinData) address(*Notices, *Mail)       {}
func (*JoinToldData) address(*Notices, *Mail)   {}

// where wants an address to lead to.
func where(s *string) error {
	if *s == "" {
		return fmt.Errorf("%w: no page", ErrSyntax)
	}
	return link(s)
}

func (d *EnableData) prepare(*Notices, tongue) error {
	if d.AskedAt.IsZero() {
		return fmt.Errorf("%w: no time", ErrSyntax)
	}
	clean(&d.Tag)
	return where(&d.Page)
}

func (d *DeskData) prepare(_ *Notices, t tongue) error {
	if d.People = t.lines(d.People); len(d.People) == 0 {
		return fmt.Errorf("%w: nobody who asks", ErrSyntax)
	}
	return where(&d.Page)
}

// Who names them in a sentence.
func (d *DeskData) Who() string { return strings.Join(d.People, ", ") }

func (d *DeskMemberData) prepare(*Notices, tongue) error {
	clean(&d.Desk, &d.By)
	if d.Desk == "" || d.By == "" {
		return fmt.Errorf("%w: no shared mailbox, or nobody", ErrSyntax)
	}
	return where(&d.Page)
}

func (d *ColleagueData) prepare(*Notices, tongue) error {
	clean(&d.Name, &d.From)
	if d.From == "" {
		return fmt.Errorf("%w: nobody who invites", ErrSyntax)
	}
	return where(&d.Page)
}

// Who names the member.
func (d *ColleagueData) Who() string {
	if d.Name == "" || strings.ContainsAny(d.Name, "@<>＠﹫") { // another address in place of a name would mislead
		return d.From
	}
	return oneLine(d.Name, maxName)
}

// Line is Who with the address.
func (d *ColleagueData) Line() string {
	if who := d.Who(); who != d.From {
		return who + " (" + d.From + ")"
	}
	return d.From
}

var joinStates = []string{"", "checking", "approved", "declined"}

func (d *JoinData) prepare(*Notices, tongue) error {
	clean(&d.Number, &d.Answer)
	if d.Number == "" || !slices.Contains(joinStates, d.State) {
		return fmt.Errorf("%w: no number, or no such state", ErrSyntax)
	}
	return where(&d.Page)
}

func (d *JoinToldData) prepare(_ *Notices, t tongue) error {
	clean(&d.Number, &d.Organisation)
	d.Facts = t.lines(d.Facts)
	if d.Number == "" {
		return fmt.Errorf("%w: no number", ErrSyntax)
	}
	return nil
}
