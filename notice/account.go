package notice

import (
	"encoding/json"
	"fmt"
	"time"
)

// AccountChanged tells somebody that what her account rests on has changed, so
// that she can act when it was not she: AccountChangedData.
const AccountChanged Kind = "account-changed"

// What an AccountChanged tells of.
const (
	PasswordChanged = "password"
	QuestionChanged = "question"
	PasskeyAdded    = "passkey"
	AddressAdded    = "address"
	AddressRemoved  = "address-removed"
	AccountDeleted  = "deleted"
)

// AccountChangedData is the data of AccountChanged.
type AccountChangedData struct {
	What string    `json:"what"`           // one of the names above
	Name string    `json:"name"`           // of the passkey, or the other address; may be empty
	At   time.Time `json:"at"`             // when
	Page string    `json:"page"`           // where she signs in and looks
	Lang string    `json:"lang,omitempty"` // the reader's language; empty: as the organisation writes
}

func (d *AccountChangedData) language() string { return d.Lang }

func (d *AccountChangedData) prepare(*Notices, tongue) error {
	clean(&d.Name)
	switch d.What {
	case PasswordChanged, QuestionChanged, PasskeyAdded, AddressAdded, AddressRemoved, AccountDeleted:
	default:
		return fmt.Errorf("%w: nothing that changed", ErrSyntax)
	}
	if d.At.IsZero() || d.Page == "" {
		return fmt.Errorf("%w: no time, or no page", ErrSyntax)
	}
	return link(&d.Page)
}

func (*AccountChangedData) address(*Notices, *Mail) {}

// InLanguage puts a language into a notice's data as they rest (store.Outgoing):
// what an account asks for goes before what a visit was in. Data that are no
// object stay as they are; kinds that know no language take no notice.
func InLanguage(data []byte, tag string) []byte {
	var fields map[string]json.RawMessage
	if json.Unmarshal(data, &fields) != nil || fields == nil {
		return data
	}
	fields["lang"], _ = json.Marshal(tag) // a string always is
	out, err := json.Marshal(fields)
	if err != nil {
		return data
	}
	return out
}
