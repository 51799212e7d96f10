package demo

import (
	"net/mail"
	"slices"
)

// Person is one of the demonstration's people.
type Person struct {
	Name    string
	Address string
	Who     string // a word on who this is, for the page
}

// String gives "Name <address>" for a header field.
func (p Person) String() string { return (&mail.Address{Name: p.Name, Address: p.Address}).String() }

// Organisation and Domain are whose mail the demonstration seals.
const (
	Organisation = "Borough of Example"
	Domain       = "borough.example"
)

// What staff mark leaves sealed.
var staff = [...]Person{
	{"Alex Morgan", "alex.morgan@" + Domain, "adult social care"},
	{"Priya Shah", "priya.shah@" + Domain, "legal services"},
}

// The people they write to.
var outside = [...]Person{
	{"Jane Doe", "jane.doe@mail.example", "a carer"},
	{"Sam Okafor", "sam.okafor@lawfirm.example", "a solicitor"},
	{"Mill Lane Surgery", "reception@surgery.example", "doctors"},
}

// Staff gives the two people of the organisation who write.
func Staff() []Person { return slices.Clone(staff[:]) }

// Outside gives the people outside whose inboxes the page always shows.
func Outside() []Person { return slices.Clone(outside[:]) }
